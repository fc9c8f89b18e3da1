<#
Lets the app use the mailboxes of one mail-enabled group, and no others: Exchange RBAC for Applications.
  read    channel Email without answers: Mail.Read
  answer  channel Email with answers: Mail.ReadWrite (an answer is a draft first) and Mail.Send
  notify  route mail: Mail.Send, for a group that holds only the mailbox of Mail__From
Run by an Exchange administrator, once for each use. Never grant Mail.Read, Mail.ReadWrite or Mail.Send in Entra beside it: those reach every mailbox, whatever stands here.
Changes take from 30 minutes to two hours. https://learn.microsoft.com/exchange/permissions-exo/application-rbac

  ./mail-access.ps1 -ClientId <APP_CLIENT_ID> -PrincipalId <APP_PRINCIPAL_ID> -Group contact-mailboxes@contoso.example -Use answer
#>
param(
    [Parameter(Mandatory)] [guid] $ClientId,
    [Parameter(Mandatory)] [guid] $PrincipalId,
    [Parameter(Mandatory)] [string] $Group,
    [ValidateSet('read', 'answer', 'notify')] [string] $Use = 'read'
)
$ErrorActionPreference = 'Stop'
Connect-ExchangeOnline -ShowBanner:$false

$name = "customer-contacts-$Use-$($ClientId.ToString('N').Substring(0, 8))"
$scope = (Get-DistributionGroup -Identity $Group).DistinguishedName
if (-not (Get-ServicePrincipal -Identity $PrincipalId.ToString() -ErrorAction SilentlyContinue)) {
    New-ServicePrincipal -AppId $ClientId -ObjectId $PrincipalId -DisplayName $name | Out-Null
}
if (-not (Get-ManagementScope -Identity $name -ErrorAction SilentlyContinue)) {
    New-ManagementScope -Name $name -RecipientRestrictionFilter "MemberOfGroup -eq '$scope'" | Out-Null
}
$roles = @{ read = @('Application Mail.Read'); answer = @('Application Mail.ReadWrite', 'Application Mail.Send'); notify = @('Application Mail.Send') }[$Use]
foreach ($role in $roles) {
    $assignment = "$name-$($role -replace '\W', '')"
    if (-not (Get-ManagementRoleAssignment -Identity $assignment -ErrorAction SilentlyContinue)) {
        New-ManagementRoleAssignment -Name $assignment -App $PrincipalId.ToString() -Role $role -CustomResourceScope $name | Out-Null
    }
}
# Must show the mailboxes of the group as in scope, and any other as not.
Get-DistributionGroupMember -Identity $Group | ForEach-Object { Test-ServicePrincipalAuthorization -Identity $PrincipalId.ToString() -Resource $_.PrimarySmtpAddress }
