// What wakes somebody, and the page to look at then. Each alert has its runbook in infra/README.md.

@description('Region.')
param location string
@description('Tags.')
param tags { *: string }
@description('Action group.')
param actionGroupName string
@description('Receivers.')
param emails string[]
@description('Service Bus namespace.')
param busName string
@description('Log Analytics workspace.')
param workspaceId string
@description('Application Insights.')
param insightsId string
@description('Most milliseconds that 95 of 100 calls of a function may take.')
@minValue(100)
param slowMilliseconds int

resource bus 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = { name: busName }

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'contacts'
    enabled: true
    emailReceivers: [for (e, i) in emails: { name: 'mail${i}', emailAddress: e, useCommonAlertSchema: true }]
  }
}

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'dead-letters'
  location: 'global'
  tags: tags
  properties: {
    description: 'A subscription has dead letters. Runbook: infra/README.md, dead-letters.'
    severity: 1
    enabled: true
    scopes: [bus.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dead-letters'
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: 'DeadletteredMessages'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: ['*'] }]
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [{ actionGroupId: group.id }]
  }
}

// The words in the queries are those of the log lines; a test compares them with the code.
@description('Alerts on logs: each counts what it found.')
var logAlerts = [
  {
    name: 'kept'
    severity: 1
    threshold: 0
    window: 'PT15M'
    about: 'A delivery or queue message was given up and kept, or poisoned.'
    query: 'AppTraces | where Message matches regex "\\\\] (kept|poison) " | summarize found = count()'
  }
  {
    name: 'unaccounted'
    severity: 1
    threshold: 0
    window: 'PT15M'
    about: 'Deliveries lie without an end and nobody works them.'
    query: 'AppTraces | where Message matches regex "\\\\] unaccounted " | summarize found = count()'
  }
  {
    name: 'tick-stopped'
    severity: 1
    threshold: 0
    window: 'PT15M'
    about: 'The function Tick did not run for 15 minutes: what lost its way is not found again.'
    query: 'AppMetrics | where Name == "Tick Count" | summarize runs = sum(Sum) | extend found = iff(isnull(runs) or runs == 0, 1, 0) | project found'
  }
  {
    name: 'unstored'
    severity: 1
    threshold: 0
    window: 'PT15M'
    about: 'Calls were answered although they could not be stored.'
    query: 'AppTraces | where Message matches regex "\\\\] answered-unstored " | summarize found = count()'
  }
  {
    name: 'bus-down'
    severity: 2
    threshold: 5
    window: 'PT15M'
    about: 'The bus does not take events; they wait for Tick.'
    query: 'AppTraces | where Message matches regex "\\\\] bus down: " | summarize found = count()'
  }
  {
    name: 'channel-shut'
    severity: 2
    threshold: 0
    window: 'PT15M'
    about: 'A channel that is on lacks something and answers 503.'
    query: 'AppTraces | where Message has "stays shut and answers 503" | summarize found = count()'
  }
  {
    name: 'expiring'
    severity: 2
    threshold: 0
    window: 'PT15M'
    about: 'A credential or registration ends within a week, or has ended, and nobody has renewed it.'
    query: 'AppTraces | where Message matches regex "\\\\] expiring " | summarize found = count()'
  }
  {
    name: 'failures'
    severity: 2
    threshold: 5
    window: 'PT15M'
    about: 'Functions fail.'
    query: 'AppRequests | where Success == false | summarize found = sum(ItemCount)'
  }
]

resource logRules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [for a in logAlerts: {
  name: a.name
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: a.name
    description: '${a.about} Runbook: infra/README.md, ${a.name}.'
    severity: a.severity
    enabled: true
    scopes: [workspaceId]
    // 15 minutes: a rule then costs $0.50 a month, every minute $3.00.
    evaluationFrequency: 'PT15M'
    windowSize: a.window
    criteria: {
      allOf: [
        {
          query: a.query
          metricMeasureColumn: 'found'
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: a.threshold
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    autoMitigate: true
    actions: { actionGroups: [group.id] }
  }
}]

resource slow 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'slow'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'slow'
    description: 'Five of a hundred calls of a function take too long. Runbook: infra/README.md, slow.'
    severity: 2
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: 'AppRequests | where OperationName in ("Receive", "Normalise") | summarize p95 = percentile(DurationMs, 95) by OperationName'
          metricMeasureColumn: 'p95'
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: slowMilliseconds
          dimensions: [{ name: 'OperationName', operator: 'Include', values: ['*'] }]
          failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
        }
      ]
    }
    autoMitigate: true
    actions: { actionGroups: [group.id] }
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Customer contacts: in, out, lost, slow'
    category: 'workbook'
    sourceId: insightsId
    version: '1.0'
    serializedData: loadTextContent('workbook.json')
  }
}
