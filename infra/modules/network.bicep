// Private endpoints for everything that holds data. The app itself stays reachable: webhooks come from the internet.

@description('Region.')
param location string
@description('Tags.')
param tags { *: string }
@description('Virtual network.')
param name string
@description('Storage account.')
param storageName string
@description('Key Vault.')
param vaultName string
@description('Premium Service Bus namespace.')
param busName string
@description('Whether there is one.')
param withBus bool

resource storage 'Microsoft.Storage/storageAccounts@2026-09-01' existing = { name: storageName }
resource vault 'Microsoft.KeyVault/vaults@2026-05-15' existing = { name: vaultName }
resource bus 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = { name: busName }

@description('What is reached privately, with its group and zone.')
var endpoints = concat([
  { key: 'blob', group: 'blob', zone: 'privatelink.blob.${environment().suffixes.storage}' }
  { key: 'queue', group: 'queue', zone: 'privatelink.queue.${environment().suffixes.storage}' }
  { key: 'table', group: 'table', zone: 'privatelink.table.${environment().suffixes.storage}' }
  { key: 'vault', group: 'vault', zone: 'privatelink.vaultcore.azure.net' }
], withBus ? [{ key: 'bus', group: 'namespace', zone: 'privatelink.servicebus.windows.net' }] : [])

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.0.0.0/22'] }
    subnets: [
      { name: 'app', properties: { addressPrefix: '10.0.0.0/24', delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }] } }
      { name: 'endpoints', properties: { addressPrefix: '10.0.1.0/24', privateEndpointNetworkPolicies: 'Enabled' } }
    ]
  }
  resource inside 'subnets' existing = { name: 'endpoints' }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [for e in endpoints: { name: e.zone, location: 'global', tags: tags }]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (e, i) in endpoints: {
  parent: zones[i]
  name: e.key
  location: 'global'
  tags: tags
  properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
}]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2026-03-01' = [for e in endpoints: {
  name: '${name}-${e.key}'
  location: location
  tags: tags
  properties: {
    subnet: { id: network::inside.id }
    privateLinkServiceConnections: [{ name: e.key, properties: { privateLinkServiceId: e.key == 'vault' ? vault.id : (e.key == 'bus' ? bus.id : storage.id), groupIds: [e.group] } }]
  }
}]

resource groups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2026-03-01' = [for (e, i) in endpoints: {
  parent: privateEndpoints[i]
  name: 'default'
  properties: { privateDnsZoneConfigs: [{ name: e.key, properties: { privateDnsZoneId: zones[i].id } }] }
}]
