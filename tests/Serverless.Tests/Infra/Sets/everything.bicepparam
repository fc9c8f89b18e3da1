using '../../../../infra/main.bicep'

param environmentName = 'contacts'
param location = 'germanywestcentral'
param defaultOwner = 'service-desk'
param publicBaseUrl = 'https://contact.example.com'
param channels = {
  Acs: { enabled: true }
  Discourse: { enabled: true, furtherSecrets: ['Sites__main__Secret', 'Sites__main__ApiKey'] }
  Email: { enabled: true, mode: 'Enforce', settings: { Mailboxes__0: 'service@contoso.example' } }
  Generic: { enabled: true, settings: { ToleranceMinutes: '5' }, furtherSecrets: ['Senders__shop__Secret'] }
  Meta: { enabled: true, paused: true }
  Placetel: { enabled: true }
  Sipgate: { enabled: true, settings: { PublicKey: 'x' } }
  Telegram: { enabled: true, furtherSecrets: ['Bots__shop__BotToken', 'Bots__shop__SecretToken'] }
  Twilio: { enabled: true, settings: { AccountSid: 'AC0' } }
  Vonage: { enabled: true }
  X: { enabled: true }
}
param routes = ['acknowledgement', 'mail', 'teams', 'webhook']
param webhookSubscribers = { crm: { url: 'https://crm.example.com/hook', events: '*', include: 'text' } }
param recipients = {
  desk: {
    email: 'desk@contoso.example'
    teams: true
    owners: '*'
    events: 'case.*'
    channels: '*'
    needs: '*'
    owes: '*'
    language: 'de'
    hours: 'Mo-Fr 08:00-17:00'
    timeZone: 'Europe/Berlin'
    urgent: 'case.overdue'
    digestCount: 5
    digestMinutes: 30
    escalation: 1
    include: 'text'
  }
}
param settings = { Mail__From: 'service@contoso.example', OTEL_SERVICE_NAME: 'contacts', Registration__Expires__MetaAppSecret: '2027-03-31' }
param bus = 'premium'
param communication = true
param storageRedundancy = 'Standard_GZRS'
param operatorPrincipalId = '00000000-0000-0000-0000-00000000000e'
param exporterPrincipalId = '00000000-0000-0000-0000-00000000000f'
param alertEmails = ['a@example.com']
param monthlyBudget = 100
param budgetStart = '2027-01-01'
param extraTags = { costCentre: '1' }
