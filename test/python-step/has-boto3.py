"""Succeeds if this Python has a boto3 that knows conditional writes."""

import sys

import boto3

s3 = boto3.client("s3", region_name="us-east-1")
members = s3.meta.service_model.operation_model("PutObject").input_shape.members
sys.exit(None if "IfNoneMatch" in members else f"boto3 {boto3.__version__} is too old for conditional writes")
