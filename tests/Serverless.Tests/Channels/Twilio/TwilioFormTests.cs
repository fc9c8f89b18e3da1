using System.Text;
using Serverless.Channels.Twilio;
using Xunit;

namespace Serverless.Tests.Channels.Twilio;

/// <summary>Forms as Twilio and strangers send them.</summary>
public sealed class TwilioFormTests
{
    [Theory]
    [InlineData("Body=a+b", "a b")]
    [InlineData("Body=a%2Bb", "a+b")]
    [InlineData("Body=%2b49", "+49")]
    [InlineData("Body=Gr%C3%BC%C3%9Fe", "Grüße")]
    [InlineData("Body=%F0%9F%98%8A", "😊")]
    [InlineData("B%6Fdy=x", "x")]
    [InlineData("&&Body=x&", "x")]
    [InlineData("Body=a=b", "a=b")]
    [InlineData("Body=100%", "100%")]
    [InlineData("Body=%4", "%4")]
    [InlineData("Body=%zz%41", "%zzA")]
    [InlineData("Body=%C0%A0", "\ufffd\ufffd")]
    [InlineData("Body=first&Body=second", "first")]
    [InlineData("Body= x ", " x ")]
    public void A_value_is_decoded_and_nothing_is_trimmed(string form, string value) => Assert.Equal(value, Parse(form)!["Body"u8]);

    [Theory]
    [InlineData("")]
    [InlineData("Body=")]
    [InlineData("Body")]
    [InlineData("body=x")]
    [InlineData("Bodyx=x")]
    [InlineData("=x")]
    public void An_empty_or_missing_value_is_none(string form) => Assert.Null(Parse(form)!["Body"u8]);

    [Theory]
    [InlineData("N=0", 0)]
    [InlineData("N=198", 198)]
    [InlineData("N=-1", null)]
    [InlineData("N=1.5", null)]
    [InlineData("N=99999999999999999999", null)]
    [InlineData("N=+1", null)]
    [InlineData("", null)]
    public void A_number_is_whole_and_not_negative(string form, int? number) => Assert.Equal(number, Parse(form)!.Number("N"u8));

    [Fact]
    public void A_form_of_a_thousand_parameters_is_read_and_a_larger_one_is_not()
    {
        Assert.Equal("1000", Parse(Numbered(1000))!["p1000"u8]);
        Assert.Null(Parse(Numbered(1001)));
        Assert.NotNull(Parse(new string('&', 100_000)));
    }

    [Fact]
    public void What_is_signed_holds_every_parameter_sorted_and_each_repeated_value_once() =>
        Assert.Equal("A1" + "A2" + "B" + "Empty" + "a" + "bB",
            Encoding.UTF8.GetString(Parse("b=B&a=&Empty=&B=&A=2&A=1&A=2")!.SignedPart()));

    private static string Numbered(int count) => string.Join('&', Enumerable.Range(1, count).Select(i => $"p{i}={i}"));

    private static TwilioForm? Parse(string form) => TwilioForm.Parse(Encoding.UTF8.GetBytes(form));
}
