/**
 * The ids of AWS's services, as their SDKs spell them.
 *
 * https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html
 */
const IDS = `
  AccessAnalyzer, Account, ACM, ACM PCA, AIOps, amp, Amplify, AmplifyBackend, AmplifyUIBuilder,
  API Gateway, ApiGatewayManagementApi, ApiGatewayV2, App Mesh, AppConfig, AppConfigData, AppFabric,
  Appflow, AppIntegrations, Application Auto Scaling, Application Discovery Service,
  Application Insights, Application Signals, ApplicationCostProfiler, AppRunner, AppStream, AppSync,
  ARC Region switch, ARC Zonal Shift, Artifact, Athena, AuditManager, Auto Scaling, Auto Scaling Plans,
  b2bi, Backup, Backup Gateway, BackupSearch, Batch, BCM Dashboards, BCM Data Exports,
  BCM Pricing Calculator, BCM Recommended Actions, Bedrock, Bedrock Agent, Bedrock Agent Runtime,
  Bedrock AgentCore, Bedrock AgentCore Control, Bedrock Data Automation, Bedrock Data Automation Runtime,
  Bedrock Runtime, Billing, billingconductor, Braket, Budgets, chatbot, Chime, Chime SDK Identity,
  Chime SDK Media Pipelines, Chime SDK Meetings, Chime SDK Messaging, Chime SDK Voice, CleanRooms,
  CleanRoomsML, Cloud9, CloudControl, CloudDirectory, CloudFormation, CloudFront,
  CloudFront KeyValueStore, CloudHSM, CloudHSM V2, CloudSearch, CloudSearch Domain, CloudTrail,
  CloudTrail Data, CloudWatch, CloudWatch Logs, codeartifact, CodeBuild, CodeCatalyst, CodeCommit,
  CodeConnections, CodeDeploy, CodeGuru Reviewer, CodeGuru Security, CodeGuruProfiler, CodePipeline,
  CodeStar connections, codestar notifications, Cognito Identity, Cognito Identity Provider,
  Cognito Sync, Comprehend, ComprehendMedical, Compute Optimizer, Compute Optimizer Automation,
  Config Service, Connect, Connect Contact Lens, ConnectCampaigns, ConnectCampaignsV2, ConnectCases,
  ConnectHealth, ConnectParticipant, ControlCatalog, ControlTower, Cost and Usage Report Service,
  Cost Explorer, Cost Optimization Hub, Customer Profiles, Data Pipeline, Database Migration Service,
  DataBrew, DataExchange, DataSync, DataZone, DAX, deadline, Detective, Device Farm, DevOps Agent,
  DevOps Guru, Direct Connect, Directory Service, Directory Service Data, DLM, DocDB, DocDB Elastic, drs,
  DSQL, DynamoDB, DynamoDB Streams, EBS, EC2, EC2 Instance Connect, ECR, ECR PUBLIC, ECS, EFS, EKS,
  EKS Auth, Elastic Beanstalk, Elastic Load Balancing, Elastic Load Balancing v2, ElastiCache,
  Elasticsearch Service, ElementalInference, EMR, EMR containers, EMR Serverless, EntityResolution,
  EventBridge, evs, finspace, finspace data, Firehose, fis, FMS, forecast, forecastquery, FraudDetector,
  FreeTier, FSx, GameLift, GameLiftStreams, Geo Maps, Geo Places, Geo Routes, Glacier,
  Global Accelerator, Glue, grafana, Greengrass, GreengrassV2, GroundStation, GuardDuty, Health,
  HealthLake, IAM, identitystore, imagebuilder, ImportExport, Inspector, Inspector Scan, Inspector2,
  Interconnect, InternetMonitor, Invoicing, IoT, IoT Data Plane, IoT Events, IoT Events Data,
  IoT Jobs Data Plane, IoT Managed Integrations, IoT Wireless, IotDeviceAdvisor, IoTFleetWise,
  IoTSecureTunneling, IoTSiteWise, IoTThingsGraph, IoTTwinMaker, ivs, IVS RealTime, ivschat, Kafka,
  KafkaConnect, kendra, Kendra Ranking, Keyspaces, KeyspacesStreams, Kinesis, Kinesis Analytics,
  Kinesis Analytics V2, Kinesis Video, Kinesis Video Archived Media, Kinesis Video Media,
  Kinesis Video Signaling, Kinesis Video WebRTC Storage, KMS, LakeFormation, Lambda, Launch Wizard,
  Lex Model Building Service, Lex Models V2, Lex Runtime Service, Lex Runtime V2, License Manager,
  License Manager Linux Subscriptions, License Manager User Subscriptions, Lightsail, Location,
  LookoutEquipment, m2, Machine Learning, Macie2, MailManager, ManagedBlockchain,
  ManagedBlockchain Query, Marketplace Agreement, Marketplace Catalog, Marketplace Commerce Analytics,
  Marketplace Deployment, Marketplace Discovery, Marketplace Entitlement Service, Marketplace Metering,
  Marketplace Reporting, MediaConnect, MediaConvert, MediaLive, MediaPackage, MediaPackage Vod,
  MediaPackageV2, MediaStore, MediaStore Data, MediaTailor, Medical Imaging, MemoryDB, mgn,
  Migration Hub, Migration Hub Refactor Spaces, MigrationHub Config, MigrationHubOrchestrator,
  MigrationHubStrategy, MPA, mq, MTurk, MWAA, MWAA Serverless, Neptune, Neptune Graph, neptunedata,
  Network Firewall, NetworkFlowMonitor, NetworkManager, NetworkMonitor, Notifications,
  NotificationsContacts, Nova Act, OAM, ObservabilityAdmin, odb, Omics, OpenSearch, OpenSearchServerless,
  Organizations, OSIS, Outposts, Panorama, PartnerCentral Account, PartnerCentral Benefits,
  PartnerCentral Channel, PartnerCentral Selling, Payment Cryptography, Payment Cryptography Data,
  Pca Connector Ad, Pca Connector Scep, PCS, Personalize, Personalize Events, Personalize Runtime, PI,
  Pinpoint, Pinpoint Email, Pinpoint SMS Voice, Pinpoint SMS Voice V2, Pipes, Polly, Pricing, Proton,
  QApps, QBusiness, QConnect, QuickSight, RAM, rbin, RDS, RDS Data, Redshift, Redshift Data,
  Redshift Serverless, Rekognition, repostspace, resiliencehub, Resource Explorer 2, Resource Groups,
  Resource Groups Tagging API, RolesAnywhere, Route 53, Route 53 Domains, Route53 Recovery Cluster,
  Route53 Recovery Control Config, Route53 Recovery Readiness, Route53GlobalResolver, Route53Profiles,
  Route53Resolver, RTBFabric, RUM, S3, S3 Control, S3Files, S3Outposts, S3Tables, S3Vectors, SageMaker,
  SageMaker A2I Runtime, Sagemaker Edge, SageMaker FeatureStore Runtime, SageMaker Geospatial,
  SageMaker Metrics, SageMaker Runtime, savingsplans, Scheduler, schemas, Secrets Manager, Security IR,
  SecurityAgent, SecurityHub, SecurityLake, ServerlessApplicationRepository, Service Catalog,
  Service Catalog AppRegistry, Service Quotas, ServiceDiscovery, SES, SESv2, SFN, Shield, signer,
  Signer Data, Signin, SimpleDB, SimpleDBv2, SimSpaceWeaver, Snow Device Management, Snowball, SNS,
  SocialMessaging, SQS, SSM, SSM Contacts, SSM GuiConnect, SSM Incidents, SSM QuickSetup, Ssm Sap, SSO,
  SSO Admin, SSO OIDC, Storage Gateway, STS, SupplyChain, Support, Support App, Sustainability, SWF,
  synthetics, TaxSettings, Textract, Timestream InfluxDB, Timestream Query, Timestream Write, tnb,
  Transcribe, Transfer, Translate, TrustedAdvisor, uxc, VerifiedPermissions, Voice ID, VPC Lattice, WAF,
  WAF Regional, WAFV2, WellArchitected, Wickr, Wisdom, WorkDocs, WorkMail, WorkMailMessageFlow,
  WorkSpaces, Workspaces Instances, WorkSpaces Thin Client, WorkSpaces Web, XRay
`;

/** Signing names that differ from the id, for SDKs that tell only them. */
const SIGNING_NAMES: ReadonlyMap<string, string> = new Map([
  ['cognito-idp', 'Cognito Identity Provider'],
  ['config', 'Config Service'],
  ['elasticfilesystem', 'EFS'],
  ['es', 'OpenSearch'],
  ['events', 'EventBridge'],
  ['execute-api', 'ApiGatewayManagementApi'],
  ['logs', 'CloudWatch Logs'],
  ['monitoring', 'CloudWatch'],
  ['states', 'SFN'],
]);

const BY_LETTERS = new Map(IDS.split(',').map((id) => [lettersOf(id), id.trim()]));

/**
 * Returns the id of a service by any of its names: the id itself (`DynamoDB`), its key
 * (`dynamodb_streams`), or its signing name (`monitoring`). Returns undefined for an unknown one.
 */
export function serviceIdOf(name: string): string | undefined {
  return SIGNING_NAMES.get(name) ?? BY_LETTERS.get(lettersOf(name));
}

/** Returns the key of a service in `endpoints`: `dynamodb_streams`. */
export function serviceKeyOf(serviceId: string): string {
  return serviceId.toLowerCase().replaceAll(' ', '_');
}

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}
