<#
Lets the app read, and if wanted answer, the mailboxes of one mail-enabled group, and no others: Exchange RBAC for Applications.
Run by an Exchange administrator, once. Never grant Mail.Read or Mail.Send in Entra beside it: those reach every mailbox, whatever stands here.
Changes take from 30 minutes to two hours. https://learn.microsoft.com/exchange/permissions-exo/application-rbac

  ./mail-access.ps1 -ClientId <APP_CLIENT_ID> -PrincipalId <APP_PRINCIPAL_ID> -Group contact-mailboxes@contoso.example [-Send]
#>
param(
    [Parameter(Mandatory)] [guid] $ClientId,
    [Parameter(Mandatory)] [guid] $PrincipalId,
    [Parameter(Mandatory)] [string] $Group,
    [switch] $Send
)
$ErrorActionPreference = 'Stop'
Connect-ExchangeOnline -ShowBanner:$false

$name = "customer-contacts-$($ClientId.ToString('N').Substring(0, 8))"
$scope = (Get-DistributionGroup -Identity $Group).DistinguishedName
if (-not (Get-ServicePrincipal -Identity $PrincipalId.ToString() -ErrorAction SilentlyContinue)) {
    New-ServicePrincipal -AppId $ClientId -ObjectId $PrincipalId -DisplayName $name | Out-Null
}
if (-not (Get-ManagementScope -Identity $name -ErrorAction SilentlyContinue)) {
    New-ManagementScope -Name $name -RecipientRestrictionFilter "MemberOfGroup -eq '$scope'" | Out-Null
}
$roles = @('Application Mail.Read')
if ($Send) { $roles += 'Application Mail.Send' }
foreach ($role in $roles) {
    $assignment = "$name-$($role -replace '\W', '')"
    if (-not (Get-ManagementRoleAssignment -Identity $assignment -ErrorAction SilentlyContinue)) {
        New-ManagementRoleAssignment -Name $assignment -App $PrincipalId.ToString() -Role $role -CustomResourceScope $name | Out-Null
    }
}
# Must show the mailboxes of the group as in scope, and any other as not.
Get-DistributionGroupMember -Identity $Group | ForEach-Object { Test-ServicePrincipalAuthorization -Identity $PrincipalId.ToString() -Resource $_.PrimarySmtpAddress }
