using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'contacts')
param location = readEnvironmentVariable('AZURE_LOCATION', 'germanywestcentral')
param defaultOwner = readEnvironmentVariable('DEFAULT_OWNER', 'service-desk')
param publicBaseUrl = readEnvironmentVariable('PUBLIC_BASE_URL', '')

// Channels by the names of channels.json; one that is not here is off. Settings: README.md at the top and in functions/Channels. Secrets never stand here: SECRETS.md beside this file.
param channels = {
  Generic: { enabled: true }
}

// Who is told, and how. A route that is not named costs nothing. The route mail also needs settings: { Mail__From: 'service@contoso.example' }.
param routes = ['webhook']
param recipients = {}

param operatorPrincipalId = readEnvironmentVariable('OPERATOR_PRINCIPAL_ID', '')
param exporterPrincipalId = readEnvironmentVariable('EXPORTER_PRINCIPAL_ID', '')
param alertEmails = empty(readEnvironmentVariable('ALERT_EMAILS', '')) ? [] : split(readEnvironmentVariable('ALERT_EMAILS', ''), ',')
param monthlyBudget = int(readEnvironmentVariable('MONTHLY_BUDGET', '0'))
param budgetStart = readEnvironmentVariable('BUDGET_START', '')
