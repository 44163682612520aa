const SUBRESOURCES = new Set([
  ...[
    'accelerate',
    'acl',
    'analytics',
    'attributes',
    'cors',
    'encryption',
    'intelligent-tiering',
    'inventory',
  ],
  ...[
    'legal-hold',
    'lifecycle',
    'location',
    'logging',
    'metrics',
    'notification',
    'object-lock',
    'ownershipControls',
  ],
  ...[
    'policy',
    'policyStatus',
    'publicAccessBlock',
    'replication',
    'requestPayment',
    'restore',
    'retention',
    'select',
  ],
  ...['tagging', 'torrent', 'versioning', 'website'],
]);

const VERBS: Record<string, string> = {
  GET: 'Get',
  HEAD: 'Head',
  PUT: 'Put',
  DELETE: 'Delete',
  POST: 'Post',
};

/**
 * Returns the name of the operation of a request. It is exact for supported operations and similar
 * ones. For all others, which are rejected by that name, it is composed from the parts of the
 * request.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
export function operationName(
  method: string,
  address: { bucketName: string; key: string },
  query: URLSearchParams,
  headers: Record<string, string>,
): string {
  const verb = VERBS[method] ?? method;
  const subresource = [...query.keys()].find((name) => SUBRESOURCES.has(name));
  if (address.bucketName === '') return method === 'GET' ? 'ListBuckets' : `${verb}Service`;
  if (subresource !== undefined)
    return `${verb}${address.key === '' ? 'Bucket' : 'Object'}${pascal(subresource)}`;
  return address.key === ''
    ? bucketOperation(method, verb, query)
    : objectOperation(method, verb, query, headers);
}

function bucketOperation(method: string, verb: string, query: URLSearchParams): string {
  if (method === 'PUT') return 'CreateBucket';
  if (method === 'POST') return query.has('delete') ? 'DeleteObjects' : 'PostObject';
  if (method !== 'GET') return `${verb}Bucket`;
  if (query.has('uploads')) return 'ListMultipartUploads';
  if (query.has('versions')) return 'ListObjectVersions';
  return query.get('list-type') === '2' ? 'ListObjectsV2' : 'ListObjects';
}

function objectOperation(
  method: string,
  verb: string,
  query: URLSearchParams,
  headers: Record<string, string>,
): string {
  const copies = headers['x-amz-copy-source'] !== undefined;
  if (query.has('uploads')) return 'CreateMultipartUpload';
  if (query.has('uploadId')) {
    if (method === 'PUT') return copies ? 'UploadPartCopy' : 'UploadPart';
    if (method === 'POST') return 'CompleteMultipartUpload';
    return method === 'GET' ? 'ListParts' : 'AbortMultipartUpload';
  }
  return method === 'PUT' && copies ? 'CopyObject' : `${verb}Object`;
}

function pascal(name: string): string {
  return name.replace(/(?:^|-)(\w)/g, (_whole, letter: string) => letter.toUpperCase());
}
