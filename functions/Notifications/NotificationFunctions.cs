using Microsoft.Azure.Functions.Worker;
using Serverless.ActionLinks;
using Serverless.Notifications.Preferences;
using Serverless.Platform.Http;

namespace Serverless.Notifications;

/// <summary>Triggers of the notification routes, and the preferences page of recipients.</summary>
public sealed class NotificationFunctions(NotificationDispatcher runner, NotificationPreferences own, PreferencesPage page)
{
    /// <summary>Notifies programs by webhook.</summary>
    [Function("NotifyWebhook")]
    public Task NotifyWebhook([QueueTrigger("notify-webhook")] string message, CancellationToken ct) =>
        runner.RunAsync("webhook", message, ct);

    /// <summary>Notifies people by a card in Teams.</summary>
    [Function("NotifyTeams")]
    public Task NotifyTeams([QueueTrigger("notify-teams")] string message, CancellationToken ct) => runner.RunAsync("teams", message, ct);

    /// <summary>Notifies people by mail.</summary>
    [Function("NotifyMail")]
    public Task NotifyMail([QueueTrigger("notify-mail")] string message, CancellationToken ct) => runner.RunAsync("mail", message, ct);

    /// <summary>Acknowledges contacts to customers.</summary>
    [Function("AcknowledgeCustomer")]
    public Task AcknowledgeCustomer([QueueTrigger("notify-acknowledgement")] string message, CancellationToken ct) =>
        runner.RunAsync("acknowledgement", message, ct);

    /// <summary>
    /// The link at the end of each card and mail: GET shows the recipient's preferences, POST changes them. The link's signature is
    /// the key.
    /// </summary>
    [Function("ChooseNotices")]
    public async Task Choose([HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "recipients/{token}")] HttpRequest request)
    {
        var (token, ct) = (request.Route("token"), request.HttpContext.RequestAborted);
        // A ticked box is a value of its own, several under one name.
        var view = HttpMethods.IsPost(request.Method)
            ? await own.ChooseAsync(token, (await HtmlPage.FormAsync(request))
                .ToDictionary(p => p.Key, p => p.Value.OfType<string>().ToArray(), StringComparer.Ordinal), ct)
            : await own.LookAsync(token, ct);
        var status = view.State switch
        {
            PreferencesState.Strange => 404,
            PreferencesState.Expired => 410,
            PreferencesState.NoHours or PreferencesState.NoEvents => 400,
            _ => 200,
        };
        HtmlPage.Guard(request, ActionPage.Policy);
        await HtmlPage.AnswerAsync(request, page.Render(view), status);
    }
}
