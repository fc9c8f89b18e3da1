// Where secrets lie. The template makes the vault and names the secrets; a person or a script puts them in.

@description('Region.')
param location string
@description('Tags.')
param tags { *: string }
@description('Key Vault.')
param name string
@description('Closes the vault to the public network.')
param privateNetworking bool
@description('Deleted secrets and the vault itself cannot be purged before their time. Off only where the same name must be made anew at once.')
param purgeProtection bool
@description('Log Analytics workspace for the diagnostic settings.')
param workspaceName string

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = { name: workspaceName }

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    // False is refused once it was true, and null means never switched on.
    enablePurgeProtection: purgeProtection ? true : null
    softDeleteRetentionInDays: 90
    publicNetworkAccess: privateNetworking ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: privateNetworking ? 'Deny' : 'Allow', bypass: 'AzureServices' }
  }
}

#disable-next-line use-recent-api-versions // the only newer one that is stable is of 2016 and knows no categories of ours
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-workspace'
  properties: { workspaceId: workspace.id, logs: [{ category: 'AuditEvent', enabled: true }] }
}
