"""The step Score of an order. It follows docs/data-contract.md; the numbers are its own."""

import json
import time
from urllib.parse import quote, unquote

import boto3
from botocore.exceptions import ClientError

s3 = boto3.client("s3")


class ProcessDataNotReady(Exception):
    """What the step reads is not there yet. Step Functions retries an error of this name."""


def handler(event, context):
    bucket, folder, document = event["bucket"], event["processData"], event["document"]

    # 1. Look for the step's own document.
    recorded = recorded_result(bucket, document)
    if recorded is not None:
        return recorded

    # 2. Read.
    order = read(bucket, f"{folder}/input.json")
    price = read(bucket, f"{folder}/steps/PriceOrder.json")

    # 3. Work.
    output = score(order, price)

    # 4. Write, and 5. return. If another attempt was faster, its document and its result count.
    result = {"review": output["points"] >= 50}
    if write_once(bucket, document, output, result):
        return result
    return recorded_result(bucket, document)


def score(order, price):
    """The work: how much a person should look at the order, from 0 to 100."""
    reasons = []
    if price["totalCents"] >= 20_000:
        reasons.append("expensive")
    if order["address"]["name"] != order["customer"]["name"]:
        reasons.append("sent to somebody else")
    return {"points": 50 * len(reasons), "reasons": reasons}


def recorded_result(bucket, document):
    """Returns what the first attempt returned, or None if there is no document."""
    try:
        found = s3.head_object(Bucket=bucket, Key=document)
    except ClientError as error:
        if status_of(error) == 404:
            return None
        raise
    return json.loads(unquote(found["Metadata"]["route"]))


def read(bucket, key):
    try:
        return json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    except ClientError as error:
        if status_of(error) == 404:
            raise ProcessDataNotReady(key) from error
        raise


def write_once(bucket, document, output, result):
    """Writes the document with the result in its metadata. Returns False if there is one already."""
    # Metadata is ASCII, and S3 limits it to 2 KB. `writtenat` sorts the documents of a second.
    metadata = {"route": quote(json.dumps(result)), "writtenat": str(time.time_ns() // 1_000_000)}
    for attempts_left in reversed(range(5)):
        try:
            s3.put_object(
                Bucket=bucket,
                Key=document,
                Body=json.dumps(output).encode(),
                ContentType="application/json",
                IfNoneMatch="*",
                Metadata=metadata,
            )
            return True
        except ClientError as error:
            if status_of(error) == 412:
                return False
            # 409: another write of the key is under way, so its end decides.
            if status_of(error) != 409 or attempts_left == 0:
                raise


def status_of(error):
    return error.response["ResponseMetadata"]["HTTPStatusCode"]
