// Everything the app needs, in one resource group. Order, cost, deploying, runbooks: README.md beside this file.

targetScope = 'subscription'

import { channelMap, recipientMap, retentionDays, strings, subscriber, webhookSubscriberMap } from 'types.bicep'

@description('Name of the environment: part of the resource group name, of the hash in every other name, and the azd-env-name tag.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of every regional resource. Flex Consumption is not in every region: az functionapp list-flexconsumption-locations.')
@minLength(3)
@metadata({ azd: { type: 'location' } })
param location string

@description('Who is accountable for every case that no other rule gives an owner: a name of your choice, no address. No case is without one.')
@minLength(1)
@maxLength(100)
param defaultOwner string

@description('Scheme and host under which providers call us, without a slash at the end: an own domain or Front Door. Twilio signs it. Empty: the address that Azure gives the app.')
@maxLength(200)
param publicBaseUrl string

@description('Channels with their settings, by the names of channels.json. One that is left out is off.')
param channels channelMap

@description('Routes by which notifications go out. The function of a route that is not named is disabled.')
param routes ('acknowledgement' | 'mail' | 'teams' | 'webhook')[] = ['webhook']

@description('Subscribers of the route webhook.')
param webhookSubscribers webhookSubscriberMap = {}

@description('Service Bus, to which events are published: standard (about $10 a month), premium (about $677, for events over 256 KB), or none. privateNetworking makes it premium unless it is none.')
param bus 'none' | 'premium' | 'standard' = 'standard'

@description('Other systems that receive events by Service Bus: one subscription and one role each.')
param subscribers subscriber[] = []

@description('People and teams who are told by the routes teams and mail.')
param recipients recipientMap = {}

@description('Further app settings by full name, for example Receive__MaxBodyBytes. Names: README.md at the top.')
param settings strings = {}

@description('Days after which things are deleted.')
param retention retentionDays = { deliveries: 124, exports: 35, logs: 30 }

@description('Copies of the data: ZRS survives a zone, GZRS and RAGZRS a region, LRS a disk.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param storageRedundancy string = 'Standard_ZRS'

@description('Memory of one instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 512

@description('Most instances; a limit on cost too.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Calls that one instance takes at once before another one is started.')
@minValue(64)
@maxValue(1000)
param httpConcurrency int = 64

@description('Instances that are always there for HTTP, billed around the clock; -1: one when a channel that answers calls is on, else none.')
@minValue(-1)
@maxValue(20)
param alwaysReadyHttp int = -1

@description('Closes storage, vault and bus to the public network and reaches them by private endpoints; makes the bus premium unless it is none. The app stays reachable for webhooks.')
param privateNetworking bool = false

@description('Scans uploaded blobs, attachments among them, for malware; billed per GB.')
param malwareScanning bool = false

@description('Most that malware scanning may take a month, in GB.')
@minValue(1)
@maxValue(100000)
param malwareScanningCapGb int = 50

@description('Azure Communication Services in the same group.')
param communication bool = false

@description('Where the data of Communication Services lie at rest; cannot be changed later.')
@minLength(3)
param communicationDataLocation string = 'Germany'

@description('Sends its events to the app. Only when the code is deployed: Event Grid asks the address before it sends.')
param communicationEvents bool = false

@description('Its events go into a queue of the app\'s storage instead of to its webhook: no app registration, but some seconds more before a call is answered.')
param communicationQueue bool = false

@description('Client id of the app registration that Event Grid asks a token for; needed with communicationEvents, unless they go into the queue.')
param communicationEntraAppId string = ''

@description('Receivers of alerts and of the budget; empty deploys neither.')
param alertEmails string[] = []

@description('Asks the app for an anonymous page from three places every 15 minutes and alerts when two get no answer; only with alertEmails.')
param availability bool = true

@description('Most milliseconds that 95 of 100 calls of Receive or Normalise may take before an alert.')
@minValue(100)
@maxValue(60000)
param slowMilliseconds int = 3000

@description('Monthly budget in the billing currency; 0 deploys none.')
@minValue(0)
param monthlyBudget int = 0

@description('First day of the month in which the budget begins, yyyy-MM-01: fixed once and for all. Empty deploys no budget.')
@maxLength(10)
param budgetStart string = ''

@description('Most telemetry a day in GB; -1 for no limit. At the limit telemetry is dropped, alerts with it.')
@minValue(-1)
param dailyLogCapGb int = -1

@description('Object id of the person or group that places secrets and restores tables; empty: nobody.')
param operatorPrincipalId string = ''

@description('Its type.')
@allowed(['Group', 'ServicePrincipal', 'User'])
param operatorPrincipalType string = 'Group'

@description('Object id of the identity that exports the tables every night; empty: none.')
param exporterPrincipalId string = ''

@description('Deleted secrets and the vault cannot be purged before their time. Off for environments that come and go.')
param purgeProtection bool = true

@description('Locks the resource group against deletion.')
param lock bool = false

@description('Tags beside azd-env-name.')
param extraTags strings = {}

@description('Queues and the topic; the code has the same names as constants.')
var messaging = loadJsonContent('messaging.json')
@description('Tables and containers.')
var stored = loadJsonContent('storage.json')
@description('Channels with the names of their settings and secrets.')
var knownChannels = loadJsonContent('channels.json')
@description('Names of the settings and secrets beside the channels.')
var known = loadJsonContent('settings.json')
@description('Channels that channels.json does not name.')
var strangers = filter(objectKeys(channels), c => !contains(objectKeys(knownChannels), c))
@description('Whether there is a bus.')
var withBus = bus != 'none'
@description('The topic that events are published to.')
var topic = items(messaging.topics)[0]
@description('Most that the topic holds, in MB. A full topic refuses every sender.')
var topicMegabytes = 5120
@description('Makes names unique.')
var hash = toLower(uniqueString(subscription().id, environmentName, location))
@description('Tags of every resource.')
var tags = union(extraTags, { 'azd-env-name': environmentName })
@description('The function of each route.')
var routeFunctions = { acknowledgement: 'AcknowledgeCustomer', mail: 'NotifyMail', teams: 'NotifyTeams', webhook: 'NotifyWebhook' }
@description('Names of the resources.')
var names = {
  app: 'func-${hash}'
  plan: 'plan-${hash}'
  storage: 'st${hash}'
  bus: 'sbns-${hash}'
  vault: 'kv-${hash}'
  identity: 'id-${hash}'
  workspace: 'log-${hash}'
  insights: 'appi-${hash}'
  actionGroup: 'ag-${hash}'
  network: 'vnet-${hash}'
  communication: 'acs-${hash}'
  systemTopic: 'evgst-${hash}'
}
@description('Where providers reach the app.')
var baseUrl = empty(publicBaseUrl) ? 'https://${names.app}.azurewebsites.net' : publicBaseUrl
@description('Where the budget begins; the amount is read only if there is one.')
var withBudget = monthlyBudget > 0 && !empty(budgetStart) && !empty(alertEmails)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { location: location, tags: tags, name: names.identity }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: { location: location, tags: tags, workspaceName: names.workspace, insightsName: names.insights, retentionDays: retention.logs, dailyCapGb: dailyLogCapGb }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: names.storage
    redundancy: storageRedundancy
    privateNetworking: privateNetworking
    tables: stored.tables
    queues: messaging.queues
    containers: stored.containers
    retention: retention
    malwareScanning: malwareScanning
    malwareScanningCapGb: malwareScanningCapGb
    workspaceName: names.workspace
  }
  dependsOn: [monitoring]
}

module serviceBus 'modules/bus.bicep' = if (withBus) {
  scope: group
  params: {
    location: location
    tags: tags
    name: names.bus
    skuName: privateNetworking || bus == 'premium' ? 'Premium' : 'Standard'
    privateNetworking: privateNetworking
    topicName: topic.key
    duplicateDetectionWindow: topic.value.duplicateDetectionWindow
    topicMegabytes: topicMegabytes
    subscribers: subscribers
    workspaceName: names.workspace
  }
  dependsOn: [monitoring]
}

module vault 'modules/vault.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    name: names.vault
    privateNetworking: privateNetworking
    purgeProtection: purgeProtection
    workspaceName: names.workspace
  }
  dependsOn: [monitoring]
}

module acs 'modules/communication.bicep' = if (communication) {
  scope: group
  params: { tags: tags, name: names.communication, dataLocation: communicationDataLocation, systemTopicName: names.systemTopic }
}

module roles 'modules/roles.bicep' = {
  scope: group
  params: {
    storageName: names.storage
    busName: names.bus
    withBus: withBus
    topicName: topic.key
    vaultName: names.vault
    insightsName: names.insights
    identityName: names.identity
    subscribers: withBus || empty(subscribers) ? subscribers : fail('Subscribers need a bus: bus is none.')
    systemTopicName: names.systemTopic
    communication: communication
    undeliveredContainer: 'undelivered'
    eventQueue: 'acs-events'
    communicationQueue: communicationQueue
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
    exporterPrincipalId: exporterPrincipalId
  }
  dependsOn: [acs, identity, monitoring, serviceBus, storage, vault]
}

module acsEvents 'modules/acs-events.bicep' = if (communication && communicationEvents) {
  scope: group
  params: {
    systemTopicName: names.systemTopic
    storageName: names.storage
    undeliveredContainer: 'undelivered'
    endpoint: communicationQueue ? '' : '${baseUrl}/api/hooks/acs'
    entraAppId: communicationEntraAppId
    queue: 'acs-events'
  }
  dependsOn: [acs, roles]
}

module network 'modules/network.bicep' = if (privateNetworking) {
  scope: group
  params: { location: location, tags: tags, name: names.network, storageName: names.storage, vaultName: names.vault, busName: names.bus, withBus: withBus }
  dependsOn: [serviceBus, storage, vault]
}

// After the roles: the app fetches its package as the identity.
module app 'modules/app.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    names: names
    packageContainer: 'app-package'
    withBus: withBus
    privateNetworking: privateNetworking
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpConcurrency: httpConcurrency
    alwaysReadyHttp: alwaysReadyHttp
    publicBaseUrl: baseUrl
    defaultOwner: defaultOwner
    deliveryDays: retention.deliveries
    channels: empty(strangers) ? channels : fail('Not in channels.json: ${join(strangers, ', ')}')
    knownChannels: knownChannels
    knownSettings: known.settings
    secrets: known.secrets
    routes: routes
    routeFunctions: routeFunctions
    webhookSubscribers: webhookSubscribers
    recipients: recipients
    settings: settings
  }
  dependsOn: [identity, monitoring, network, roles, storage, vault]
}

module alerts 'modules/alerts.bicep' = if (!empty(alertEmails)) {
  scope: group
  params: {
    location: location
    tags: tags
    actionGroupName: names.actionGroup
    emails: alertEmails
    busName: names.bus
    withBus: withBus
    topicName: topic.key
    topicMegabytes: topicMegabytes
    workspaceName: names.workspace
    insightsName: names.insights
    slowMilliseconds: slowMilliseconds
    availabilityUrl: availability ? '${baseUrl}/api/schema' : ''
  }
  dependsOn: [monitoring, serviceBus]
}

module budget 'modules/budget.bicep' = if (withBudget) {
  scope: group
  params: { amount: max(1, monthlyBudget), startDate: budgetStart, emails: alertEmails }
}

module groupLock 'modules/lock.bicep' = if (lock) {
  scope: group
}

@description('Region.')
output AZURE_LOCATION string = location
@description('Tenant.')
output AZURE_TENANT_ID string = tenant().tenantId
@description('Resource group.')
output AZURE_RESOURCE_GROUP string = group.name
@description('Function app.')
output AZURE_FUNCTION_NAME string = names.app
@description('Address that Azure gave the app.')
output AZURE_FUNCTION_URI string = app.outputs.uri
@description('Client id of the app identity: what mail access and Event Grid are told.')
output APP_CLIENT_ID string = identity.outputs.clientId
@description('Object id of the app identity.')
output APP_PRINCIPAL_ID string = identity.outputs.principalId
@description('Vault into which secrets are put.')
output VAULT_NAME string = names.vault
@description('Storage account, for export and restore.')
output STORAGE_ACCOUNT string = names.storage
@description('Service Bus namespace, or empty.')
output SERVICEBUS_NAME string = withBus ? names.bus : ''
@description('What to type in at each provider, by channel that is on.')
output HOOK_ADDRESSES strings = toObject(filter(items(channels), c => c.value.enabled), c => c.key, c => '${baseUrl}/api/hooks/${toLower(c.key)}')
@description('Settings that the app will not read: misspelt, or in need of a line in channels.json or settings.json. Must be empty.')
output STRANGE_SETTINGS string[] = app.outputs.strangeSettings
