using Passerelle.Hub.Platform.Alarms;

namespace Passerelle.Hub.Housing;

/// <summary>What the watchman looks at of the feeds.</summary>
public static class FeedAlarms
{
    /// <summary>A partner that has sent nothing for longer than it said. Its listings may be sold and still be shown.</summary>
    public static readonly AlarmRule Quiet = new(
        "feed_quiet",
        """
        select 'partners/' || p.id from partners p
        left join lateral (select create_time from import_reports where partner_id = p.id order by id desc limit 1) last on true
        where p.feed_interval < hub_now() - coalesce(last.create_time, p.create_time)
        """);

    /// <summary>Listings that a feed lost too many of at once: on the market until somebody decides. FeedService.DecideFeed does.</summary>
    public static readonly AlarmRule Held = new("feed_held", "select 'importReports/' || id from import_reports where state = 'held'");
}
