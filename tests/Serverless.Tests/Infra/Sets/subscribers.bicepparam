using '../../../../infra/main.bicep'

param environmentName = 'contacts'
param location = 'germanywestcentral'
param defaultOwner = 'service-desk'
param publicBaseUrl = ''
param channels = { Generic: { enabled: true } }
param subscribers = [
  { name: 'everything', principalId: '00000000-0000-0000-0000-00000000000a' }
  { name: 'crm', types: ['case.opened', 'case.*', 'promise_b*'], properties: { channel: 'email', owner: 'O\'Brien' }, principalId: '00000000-0000-0000-0000-00000000000b' }
  { name: 'desk', types: ['it\'s'], principalId: '00000000-0000-0000-0000-00000000000c', principalType: 'Group' }
  { name: 'of-one', properties: { owes: 'call-back' }, principalId: '00000000-0000-0000-0000-00000000000d', principalType: 'User' }
]
