// The app: Flex Consumption, .NET isolated worker, every setting it reads. It gets names, not outputs: what is known only while deploying stays inside values, so that what-if and a snapshot show every setting by name.

import { channelMap, channelPlans, recipientMap, resourceNames, strings, webhookSubscriberMap } from '../types.bicep'

@description('Region.')
param location string
@description('Tags.')
param tags { *: string }
@description('Names of the resources.')
param names resourceNames
@description('Container of the deployment package.')
param packageContainer string
@description('Whether there is a bus to publish to.')
param withBus bool
@description('Whether the app goes through the virtual network.')
param privateNetworking bool
@description('Memory of an instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int
@description('Most instances.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int
@description('Calls that one instance takes at once before another one is started.')
@minValue(64)
@maxValue(1000)
param httpConcurrency int
@description('Instances that are always there for HTTP; -1: one when a channel that answers calls is on, else none.')
@minValue(-1)
@maxValue(20)
param alwaysReadyHttp int
@description('Address under which providers call us.')
param publicBaseUrl string
@description('Who is accountable for a case that no other rule gives an owner.')
param defaultOwner string
@description('Days for which raw deliveries may be kept; a month table is dropped as a whole, so the app keeps a month less.')
param deliveryDays int
@description('Channels.')
param channels channelMap
@description('Channels with the names of their settings, from channels.json.')
param knownChannels channelPlans
@description('Settings beside the channels, from settings.json.')
param knownSettings string[]
@description('Secrets beside the channels, from settings.json: each has a Key Vault reference always.')
param secrets string[]
@description('Routes that are on.')
param routes string[]
@description('The function of each route.')
param routeFunctions strings
@description('Subscribers of the webhook route.')
param webhookSubscribers webhookSubscriberMap
@description('People and teams who are told by card or mail.')
param recipients recipientMap
@description('Further settings, by full name.')
param settings strings

@description('Channels that are on.')
var on = filter(items(channels), c => c.value.enabled)
@description('Whether a channel that answers calls is on.')
var answersCalls = !empty(filter(on, c => knownChannels[c.key].answersCalls))
@description('Always-ready instances.')
var readyInstances = alwaysReadyHttp >= 0 ? alwaysReadyHttp : (answersCalls ? 1 : 0)
@description('Whether Normalise answers calls itself while they ring, and must not begin cold.')
var steersCalls = alwaysReadyHttp != 0 && !empty(filter(on, c => c.key == 'Acs' && (c.value.?settings.?AnswersCalls ?? 'false') == 'true'))
@description('Beginning of every Key Vault reference. No version: a new one is picked up within a day, or at the next restart.')
var reference = '@Microsoft.KeyVault(SecretUri=https://${names.vault}${environment().suffixes.keyvaultDns}/secrets/'

@description('What the host and the clients need.')
var platformSettings = [
  { name: 'AzureWebJobsStorage__blobServiceUri', value: 'https://${names.storage}.blob.${environment().suffixes.storage}' }
  { name: 'AzureWebJobsStorage__queueServiceUri', value: 'https://${names.storage}.queue.${environment().suffixes.storage}' }
  { name: 'AzureWebJobsStorage__tableServiceUri', value: 'https://${names.storage}.table.${environment().suffixes.storage}' }
  { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
  { name: 'AzureWebJobsStorage__clientId', value: identity.properties.clientId }
  { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insights.properties.ConnectionString }
  { name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING', value: 'ClientId=${identity.properties.clientId};Authorization=AAD' }
  { name: 'AZURE_CLIENT_ID', value: identity.properties.clientId }
  { name: 'Mail__credential', value: 'managedidentity' }
  { name: 'Hooks__PublicBaseUrl', value: publicBaseUrl }
  { name: 'Owners__Default', value: defaultOwner }
  { name: 'Retention__DeliveryMonths', value: string((deliveryDays / 31) - 1) }
]

@description('The bus, if there is one; without it the app publishes nothing.')
var busSettings = withBus ? [
  { name: 'ServiceBusConnection__fullyQualifiedNamespace', value: '${names.bus}.servicebus.windows.net' }
  { name: 'ServiceBusConnection__credential', value: 'managedidentity' }
  { name: 'ServiceBusConnection__clientId', value: identity.properties.clientId }
] : []

@description('Secrets of the app beside the channels.')
var appSecrets = map(secrets, s => { name: s, value: '${reference}${replace(s, '__', '--')}/)' })

@description('Switches and settings of the channels that are on.')
var channelSettings = flatten(map(on, c => concat(
  [
    { name: 'Channels__${c.key}__Enabled', value: 'true' }
    { name: 'Channels__${c.key}__Mode', value: c.value.?mode ?? 'Auto' }
    { name: 'Channels__${c.key}__Paused', value: (c.value.?paused ?? false) ? 'true' : 'false' }
  ],
  map(items(c.value.?settings ?? {}), s => { name: 'Channels__${c.key}__${s.key}', value: s.value }),
  map(concat(knownChannels[c.key].secrets, c.value.?furtherSecrets ?? []), s => { name: 'Channels__${c.key}__${s}', value: '${reference}Channels--${c.key}--${replace(s, '__', '--')}/)' })
)))

@description('Subscribers with their two secrets.')
var subscriberSettings = flatten(map(items(webhookSubscribers), s => [
  { name: 'Webhook__Subscribers__${s.key}__Url', value: s.value.url }
  { name: 'Webhook__Subscribers__${s.key}__Events', value: s.value.?events ?? '*' }
  { name: 'Webhook__Subscribers__${s.key}__Include', value: s.value.?include ?? '' }
  { name: 'Webhook__Subscribers__${s.key}__Secret', value: '${reference}Webhook--Subscribers--${s.key}--Secret/)' }
  { name: 'Webhook__Subscribers__${s.key}__PreviousSecret', value: '${reference}Webhook--Subscribers--${s.key}--PreviousSecret/)' }
]))

@description('Recipients; what is not set keeps the default of the app. The address of a Teams workflow lies in the vault.')
var recipientSettings = flatten(map(items(recipients), r => concat(
  (r.value.?teams ?? false) ? [{ name: 'Recipients__Entries__${r.key}__TeamsUrl', value: '${reference}Recipients--Entries--${r.key}--TeamsUrl/)' }] : [],
  filter([
    { name: 'Recipients__Entries__${r.key}__Email', value: r.value.?email ?? '' }
    { name: 'Recipients__Entries__${r.key}__Owners', value: r.value.?owners ?? '' }
    { name: 'Recipients__Entries__${r.key}__Events', value: r.value.?events ?? '' }
    { name: 'Recipients__Entries__${r.key}__Channels', value: r.value.?channels ?? '' }
    { name: 'Recipients__Entries__${r.key}__Needs', value: r.value.?needs ?? '' }
    { name: 'Recipients__Entries__${r.key}__Owes', value: r.value.?owes ?? '' }
    { name: 'Recipients__Entries__${r.key}__Language', value: r.value.?language ?? '' }
    { name: 'Recipients__Entries__${r.key}__Hours', value: r.value.?hours ?? '' }
    { name: 'Recipients__Entries__${r.key}__TimeZone', value: r.value.?timeZone ?? '' }
    { name: 'Recipients__Entries__${r.key}__Urgent', value: r.value.?urgent ?? '' }
    { name: 'Recipients__Entries__${r.key}__DigestCount', value: string(r.value.?digestCount ?? '') }
    { name: 'Recipients__Entries__${r.key}__DigestMinutes', value: string(r.value.?digestMinutes ?? '') }
    { name: 'Recipients__Entries__${r.key}__Escalation', value: string(r.value.?escalation ?? '') }
    { name: 'Recipients__Entries__${r.key}__Include', value: r.value.?include ?? '' }
  ], s => !empty(s.value))
)))

@description('Whether the mail channel is on.')
var readsMail = !empty(filter(on, c => c.key == 'Email'))
@description('The mail channel asks Graph as the identity of the app.')
var identitySettings = [
  { name: 'Channels__Email__Credential', value: 'managedidentity' }
  { name: 'Channels__Email__ClientId', value: identity.properties.clientId }
]

@description('Functions of routes that are off: nothing is put into their queue, and what lies there from before is counted in api/health.')
var disabled = map(filter(items(routeFunctions), r => !contains(routes, r.key)), r => { name: 'AzureWebJobs.${r.value}.Disabled', value: 'true' })

@description('Settings that somebody chose.')
var chosen = map(items(settings), s => { name: s.key, value: s.value })

@description('Settings of channels that channels.json does not know.')
var strangeOfChannels = flatten(map(items(channels), c => map(
  filter(items(c.value.?settings ?? {}), s => !contains(knownChannels[c.key].settings, split(s.key, '__')[0])),
  s => 'Channels__${c.key}__${s.key}'
)))
@description('Other settings that settings.json does not know; OpenTelemetry has its own names.')
var strange = map(filter(items(settings), s => !startsWith(s.key, 'OTEL_') && !contains(knownSettings, join(take(split(s.key, '__'), 2), '__')) && !contains(knownSettings, split(s.key, '__')[0])), s => s.key)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = { name: names.identity }
resource insights 'Microsoft.Insights/components@2020-02-02' existing = { name: names.insights }
resource network 'Microsoft.Network/virtualNetworks@2026-03-01' existing = {
  name: names.network
  resource app 'subnets' existing = { name: 'app' }
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: names.plan
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: names.app
  location: location
  tags: union(tags, { 'azd-service-name': 'app' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: privateNetworking ? network::app.id : null
    functionAppConfig: {
      runtime: { name: 'dotnet-isolated', version: '10.0' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: 'https://${names.storage}.blob.${environment().suffixes.storage}/${packageContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: concat(readyInstances > 0 ? [{ name: 'http', instanceCount: readyInstances }] : [], steersCalls ? [{ name: 'function:Normalise', instanceCount: 1 }] : [])
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      http20Enabled: true
      appSettings: concat(platformSettings, busSettings, appSecrets, channelSettings, readsMail ? identitySettings : [], subscriberSettings, recipientSettings, disabled, chosen)
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = { name: 'ftp', properties: { allow: false } }
  resource scm 'basicPublishingCredentialsPolicies' = { name: 'scm', properties: { allow: false } }
}

@description('Address that Azure gave the app.')
output uri string = 'https://${site.properties.defaultHostName}'
@description('Settings that the app will not read: misspelt, or in need of a line in channels.json or settings.json.')
output strangeSettings string[] = concat(strangeOfChannels, strange)
