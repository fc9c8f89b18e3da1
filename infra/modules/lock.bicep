// Keeps the resource group from being deleted by mistake.

resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'keep'
  properties: { level: 'CanNotDelete', notes: 'Customer contacts. Remove this lock on purpose before you tear down: infra/DEPLOY.md.' }
}
