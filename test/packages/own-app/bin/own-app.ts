import * as cdk from 'aws-cdk-lib';
import { OwnAppStack } from '../lib/own-app-stack';

const app = new cdk.App();
new OwnAppStack(app, 'OwnAppStack');
