/**
 * All faults, each with its probability in a run with all faults on, which a client must survive.
 * After a lost response the request has taken full effect, and the connection is reset.
 */
export const ALL_FAULTS = {
  /** An event of S3 or Step Functions does not reach EventBridge. */
  dropEvent: 0.1,
  /** It arrives a second time, up to `delayEventMs` later. */
  doubleEvent: 0.1,
  /** It arrives up to `delayEventMs` late, after events that were emitted later. */
  delayEvent: 0.2,

  /** A `data` frame is not sent to its subscriber. */
  dropPush: 0.1,
  /** The connection is destroyed instead of sending a frame to the client. */
  cutSocket: 0.003,
  /** From this frame on the connection stays open and carries nothing either way. */
  freezeSocket: 0.001,
  /** The credential of a real-time connection has expired. */
  refuseConnect: 0.05,
  /** The credential of a `start` has expired. */
  refuseStart: 0.02,

  /** 500 `InternalError`, without effect. */
  failS3: 0.01,
  /** 503 `SlowDown`, without effect. */
  throttleS3: 0.01,
  /** The response is lost. */
  loseS3: 0.005,
  /** The request waits up to `slowMs` first. */
  slowS3: 0.02,

  /** 500 `InternalFailure`, without effect. */
  failStepFunctions: 0.02,
  /** 400 `ThrottlingException`, without effect. */
  throttleStepFunctions: 0.05,
  /** The response is lost. */
  loseStepFunctions: 0.02,
  /** The request waits up to `slowMs` first. */
  slowStepFunctions: 0.05,
  /** `DescribeExecution` returns the response from before its last change. */
  staleDescribe: 0.2,

  /** The invocation fails with `Lambda.ServiceException`; the function does not run. */
  failLambda: 0.01,
  /** The invocation fails with `Lambda.TooManyRequestsException`; the function does not run. */
  throttleLambda: 0.01,
  /** The function completes, and the invocation fails with `Sandbox.Timedout`. */
  lateLambda: 0.01,
  /** The invocation waits up to `slowMs` first. */
  slowLambda: 0.05,

  /** 500 `InternalFailureException`, without effect. */
  failGraphql: 0.02,
  /** 503 with a body that is not JSON, as from a gateway, without effect. */
  refuseGraphql: 0.02,
  /**
   * The credential of the request has expired: 401. Not part of `all`, because a client that is
   * rejected again with a new credential must give up.
   */
  refuseRequest: 0,
  /** The response is lost. */
  loseGraphql: 0.02,
  /** The request waits up to `slowMs` first. */
  slowGraphql: 0.05,

  /** The local runtime kills itself with SIGKILL, wherever a fault might be injected. */
  kill: 0,
} as const;

/** The name of a fault. */
export type FaultKind = keyof typeof ALL_FAULTS;

/** The faults to inject, each with a probability from 0 to 1. Omitted ones are off. */
export type Faults = Partial<Record<FaultKind, number>> & {
  /** The same seed produces the same faults for the same sequence of calls. */
  seed: number;
  /** @default 2000 */
  delayEventMs?: number;
  /** @default 1000 */
  slowMs?: number;
};

/** All names of faults. */
export const FAULT_KINDS = Object.keys(ALL_FAULTS) as FaultKind[];
