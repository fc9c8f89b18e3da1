using Microsoft.Azure.Functions.Worker.Converters;

namespace Serverless.Platform.Worker;

/// <summary>
/// Binds a function's cancellation token before other bindings are evaluated. The host puts the top-level fields of a JSON message beside
/// the invocation, and the worker would take a field that has the parameter's name for its value: a message with a field <c>ct</c> could
/// not be worked.
/// </summary>
public sealed class CancellationConverter : IInputConverter
{
    public ValueTask<ConversionResult> ConvertAsync(ConverterContext context) => ValueTask.FromResult(
        context.TargetType == typeof(CancellationToken)
            ? ConversionResult.Success(context.FunctionContext.CancellationToken)
            : ConversionResult.Unhandled());
}
