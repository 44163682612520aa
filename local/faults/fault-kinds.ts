/**
 * The faults of the dial. Each value is its probability in a run with all faults on, where the
 * client has to be right all the same. A lost answer means: the request took its full effect, and
 * then the connection was reset.
 */
export const ALL_FAULTS = {
  /** An event of S3 or Step Functions does not come to EventBridge. */
  dropEvent: 0.1,
  /** It comes a second time, up to `delayEventMs` later. */
  doubleEvent: 0.1,
  /** It comes up to `delayEventMs` late, and so after events that were emitted later. */
  delayEvent: 0.2,

  /** A `data` frame is not sent to its subscriber. */
  dropPush: 0.1,
  /** The connection is destroyed in place of a frame to the client. */
  cutSocket: 0.003,
  /** From this frame on the connection stays open and carries nothing either way. */
  freezeSocket: 0.001,
  /** The credential of a real-time connection is no longer good. */
  refuseConnect: 0.05,
  /** The credential of a `start` is no longer good. */
  refuseStart: 0.02,

  /** 500 `InternalError`, without effect. */
  failS3: 0.01,
  /** 503 `SlowDown`, without effect. */
  throttleS3: 0.01,
  /** A lost answer. */
  loseS3: 0.005,
  /** The request waits up to `slowMs` first. */
  slowS3: 0.02,

  /** 500 `InternalFailure`, without effect. */
  failStepFunctions: 0.02,
  /** 400 `ThrottlingException`, without effect. */
  throttleStepFunctions: 0.05,
  /** A lost answer. */
  loseStepFunctions: 0.02,
  /** The request waits up to `slowMs` first. */
  slowStepFunctions: 0.05,
  /** `DescribeExecution` answers as it did before its answer last changed. */
  staleDescribe: 0.2,

  /** The invocation fails with `Lambda.ServiceException`; the function does not run. */
  failLambda: 0.01,
  /** The invocation fails with `Lambda.TooManyRequestsException`; the function does not run. */
  throttleLambda: 0.01,
  /** The function runs to its end, and the invocation fails with `Sandbox.Timedout`. */
  lateLambda: 0.01,
  /** The invocation waits up to `slowMs` first. */
  slowLambda: 0.05,

  /** 500 `InternalFailureException`, without effect. */
  failGraphql: 0.02,
  /** 503 with a text that is no JSON, as of a gateway, without effect. */
  refuseGraphql: 0.02,
  /**
   * The credential of the request is no longer good: 401. Not among all, because who is refused
   * with a new one too has to give up.
   */
  refuseRequest: 0,
  /** A lost answer. */
  loseGraphql: 0.02,
  /** The request waits up to `slowMs` first. */
  slowGraphql: 0.05,

  /** Wherever a fault might strike: the process of the local runtime kills itself with SIGKILL. */
  kill: 0,
} as const;

/** The name of a fault. */
export type FaultKind = keyof typeof ALL_FAULTS;

/** Which faults strike, each with a probability from 0 to 1; those left out do not. */
export type Faults = Partial<Record<FaultKind, number>> & {
  /** The same seed gives the same answers to the same questions. */
  seed: number;
  /** @default 2000 */
  delayEventMs?: number;
  /** @default 1000 */
  slowMs?: number;
};

/** All names of faults. */
export const FAULT_KINDS = Object.keys(ALL_FAULTS) as FaultKind[];
