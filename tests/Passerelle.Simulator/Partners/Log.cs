namespace Passerelle.Simulator.Partners;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{Partner} keeps {Exchange} (delivery {Delivery})")]
    public static partial void Kept(ILogger logger, string partner, string exchange, int delivery);

    [LoggerMessage(2, LogLevel.Information, "{Partner} has {Exchange} already (delivery {Delivery})")]
    public static partial void Repeated(ILogger logger, string partner, string exchange, int delivery);

    [LoggerMessage(3, LogLevel.Information, "{Partner} turns {Exchange} away (delivery {Delivery}) with {Code}")]
    public static partial void TurnedAway(ILogger logger, string partner, string exchange, int delivery, string code);

    [LoggerMessage(4, LogLevel.Information, "{Partner} answered {Exchange}: {Answer}")]
    public static partial void Answered(ILogger logger, string partner, string exchange, string answer);

    [LoggerMessage(5, LogLevel.Warning, "{Partner} could not answer {Exchange}: {Error}")]
    public static partial void CouldNotAnswer(ILogger logger, string partner, string exchange, string error);

    [LoggerMessage(6, LogLevel.Warning, "{Partner} lost its inbox: {Code}; it calls again in {Pause}")]
    public static partial void InboxLost(ILogger logger, string partner, string code, TimeSpan pause);

    [LoggerMessage(7, LogLevel.Warning, "{Partner} could not acknowledge {Exchange}: {Reason}")]
    public static partial void NotAcknowledged(ILogger logger, string partner, string exchange, string reason);
}
