using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Framing;

namespace Serverless.Local.ServiceBus;

/// <summary>A client's sender link: each transfer is stored, then accepted.</summary>
internal sealed class SendLink
{
    private readonly LocalTopic _topic;
    private readonly string _name;
    private readonly ReceivingAmqpLink _link;

    public SendLink(LocalTopic topic, string name, ReceivingAmqpLink link)
    {
        (_topic, _name, _link) = (topic, name, link);
        link.RegisterMessageListener(Take);
    }

    private void Take(AmqpMessage transfer)
    {
        using (transfer)
        {
            _topic.CountCall();
            _link.DisposeMessage(transfer, Outcome(transfer), settled: true, batchable: false);
        }
    }

    private Outcome Outcome(AmqpMessage transfer)
    {
        if (_topic.Refusal is { } condition) return new Rejected { Error = new Error { Condition = condition, Description = "Refused by a test." } };
        try
        {
            _topic.Take(_name, transfer);
            return AmqpConstants.AcceptedOutcome;
        }
        catch (AmqpException wrong)
        {
            return new Rejected { Error = wrong.Error };
        }
        catch (ObjectDisposedException)
        {
            return new Rejected { Error = new Error { Condition = AmqpErrorCode.InternalError, Description = "The topic ends." } };
        }
    }
}
