// Who the app is: one user-assigned identity, so that roles exist before the app does and survive it.

@description('Region.')
param location string
@description('Tags.')
param tags { *: string }
@description('Name.')
param name string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Client id: what mail access and Event Grid are told.')
output clientId string = identity.properties.clientId
@description('Object id: what mail access is told.')
output principalId string = identity.properties.principalId
