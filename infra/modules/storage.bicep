// Tables, queues and blobs, without keys. Names come from storage.json and messaging.json.

import { containerMap, queueMap, retentionDays } from '../types.bicep'

@description('Region.')
param location string
@description('Tags.')
param tags { *: string }
@description('Storage account.')
param name string
@description('How many copies, and where.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GZRS', 'Standard_RAGZRS'])
param redundancy string
@description('Closes the account to the public network.')
param privateNetworking bool
@description('Tables that exist always. Monthly ones are made by the app when a month begins, and dropped by it.')
param tables string[]
@description('Queues and where their poison goes.')
param queues queueMap
@description('Blob containers.')
param containers containerMap
@description('Days after which blobs are deleted.')
param retention retentionDays
@description('Scans every uploaded blob for malware; billed per GB.')
param malwareScanning bool
@description('Most that malware scanning may take a month, in GB.')
@minValue(1)
param malwareScanningCapGb int
@description('Log Analytics workspace for the diagnostic settings.')
param workspaceName string

@description('Days by the names that storage.json uses.')
var days = {
  deliveries: retention.deliveries
  exports: retention.exports
}
@description('Containers whose blobs end some day.')
var ending = filter(items(containers), c => c.value.retention != 'forever')
@description('Every queue and its poison.')
var queueNames = flatten(map(items(queues), q => [q.key, q.value.poison]))

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = { name: workspaceName }

resource account 'Microsoft.Storage/storageAccounts@2026-09-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: privateNetworking ? 'Deny' : 'Allow', bypass: 'AzureServices' }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: { enabled: true, days: 7 }
      containerDeleteRetentionPolicy: { enabled: true, days: 7 }
    }
  }
  resource queueService 'queueServices' = { name: 'default' }
  resource tableService 'tableServices' = { name: 'default' }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2026-09-01' = [for c in items(containers): {
  parent: account::blobs
  name: c.key
}]

resource queue 'Microsoft.Storage/storageAccounts/queueServices/queues@2026-09-01' = [for q in queueNames: {
  parent: account::queueService
  name: q
}]

resource table 'Microsoft.Storage/storageAccounts/tableServices/tables@2026-09-01' = [for t in tables: {
  parent: account::tableService
  name: t
}]

resource lifecycle 'Microsoft.Storage/storageAccounts/managementPolicies@2026-09-01' = {
  parent: account
  name: 'default'
  properties: {
    policy: {
      rules: [for c in ending: {
        name: c.key
        type: 'Lifecycle'
        enabled: true
        definition: {
          filters: { blobTypes: ['blockBlob'], prefixMatch: ['${c.key}/'] }
          actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: days[c.value.retention] } } }
        }
      }]
    }
  }
}

resource scanning 'Microsoft.Security/defenderForStorageSettings@2025-06-01' = if (malwareScanning) {
  scope: account
  name: 'current'
  properties: {
    isEnabled: true
    overrideSubscriptionLevelSettings: true
    malwareScanning: { onUpload: { isEnabled: true, capGBPerMonth: malwareScanningCapGb } }
    sensitiveDataDiscovery: { isEnabled: false }
  }
}

#disable-next-line use-recent-api-versions // the only newer one that is stable is of 2016 and knows no categories of ours
resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account::blobs
  name: 'to-workspace'
  properties: { workspaceId: workspace.id, logs: [{ category: 'StorageDelete', enabled: true }] }
}

#disable-next-line use-recent-api-versions // the only newer one that is stable is of 2016 and knows no categories of ours
resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account::tableService
  name: 'to-workspace'
  properties: { workspaceId: workspace.id, logs: [{ category: 'StorageDelete', enabled: true }] }
}
