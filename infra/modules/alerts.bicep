// What wakes somebody, and the page to look at then. Each alert has its runbook in infra/RUNBOOK.md.

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
@description('Whether there is one.')
param withBus bool
@description('Topic that events are published to.')
param topicName string
@description('Most that the topic holds, in MB.')
param topicMegabytes int
@description('Log Analytics workspace.')
param workspaceName string
@description('Application Insights.')
param insightsName string
@description('Most milliseconds that 95 of 100 calls of a function may take.')
@minValue(100)
param slowMilliseconds int
@description('Anonymous page that is asked for from outside, or empty.')
param availabilityUrl string

resource bus 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = { name: busName }
resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' existing = { name: workspaceName }
resource insights 'Microsoft.Insights/components@2020-02-02' existing = { name: insightsName }

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

// Both count for the whole namespace, which holds one topic: dead letters are those of other systems' subscriptions, since the app has none.
@description('Alerts on metrics of the bus.')
var busAlerts = !withBus ? [] : [
  {
    name: 'dead-letters'
    severity: 2
    metric: 'DeadletteredMessages'
    threshold: 0
    about: 'A subscription of another system has dead letters.'
  }
  {
    name: 'topic-filling'
    severity: 1
    metric: 'Size'
    // 60 % in bytes: a full topic refuses every sender.
    threshold: topicMegabytes * 1048576 / 10 * 6
    about: 'The topic is filled to 60 %.'
  }
]

resource busRules 'Microsoft.Insights/metricAlerts@2026-01-01' = [for a in busAlerts: {
  name: a.name
  location: 'global'
  tags: tags
  properties: {
    description: '${a.about} Runbook: infra/RUNBOOK.md, ${a.name}.'
    severity: a.severity
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
          name: a.name
          metricNamespace: 'Microsoft.ServiceBus/namespaces'
          metricName: a.metric
          dimensions: [{ name: 'EntityName', operator: 'Include', values: [topicName] }]
          timeAggregation: 'Maximum'
          operator: 'GreaterThan'
          threshold: a.threshold
        }
      ]
    }
    actions: [{ actionGroupId: group.id }]
  }
}]

// Three places: one that fails alone says nothing about the app.
@description('From where the app is asked.')
var places = ['emea-nl-ams-azr', 'emea-gb-db3-azr', 'emea-fr-pra-edge']

resource webTest 'Microsoft.Insights/webtests@2022-06-15' = if (!empty(availabilityUrl)) {
  name: 'unreachable-${insightsName}'
  location: location
  tags: union(tags, { 'hidden-link:${insights.id}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: 'unreachable-${insightsName}'
    Name: 'unreachable'
    Kind: 'standard'
    Enabled: true
    Frequency: 900
    // A cold start may take some seconds, a second try is allowed.
    Timeout: 30
    RetryEnabled: true
    Locations: [for p in places: { Id: p }]
    Request: { RequestUrl: availabilityUrl, HttpVerb: 'GET' }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 }
  }
}

resource unreachable 'Microsoft.Insights/metricAlerts@2026-01-01' = if (!empty(availabilityUrl)) {
  name: 'unreachable'
  location: 'global'
  tags: tags
  properties: {
    description: 'The app does not answer from outside. Runbook: infra/RUNBOOK.md, unreachable.'
    severity: 1
    enabled: true
    scopes: [webTest.id, insights.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT30M'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: webTest.id
      componentId: insights.id
      failedLocationCount: 2
    }
    actions: [{ actionGroupId: group.id }]
  }
}

// The words in the queries are those of the log lines; a test compares them with the code.
@description('Alerts on logs: each counts what it found.')
var logAlerts = [
  {
    name: 'poison'
    severity: 1
    threshold: 0
    window: 'PT15M'
    about: 'A delivery or queue message was given up; table poison holds it.'
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

resource logRules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [for a in logAlerts: {
  name: a.name
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: a.name
    description: '${a.about} Runbook: infra/RUNBOOK.md, ${a.name}.'
    severity: a.severity
    enabled: true
    scopes: [workspace.id]
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

resource slow 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = {
  name: 'slow'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'slow'
    description: 'Five of a hundred calls of a function take too long. Runbook: infra/RUNBOOK.md, slow.'
    severity: 2
    enabled: true
    scopes: [workspace.id]
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
    sourceId: insights.id
    version: '1.0'
    serializedData: loadTextContent('workbook.json')
  }
}
