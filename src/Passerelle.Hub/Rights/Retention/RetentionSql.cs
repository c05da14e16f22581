namespace Passerelle.Hub.Rights.Retention;

/// <summary>What is kept, and since when its term counts: one query for each kind, with the columns subject, person_id, case_id, since. What is gone already is not among them.</summary>
public static class RetentionSql
{
    /// <summary>The last that happened in a case. What is only announced to go is nothing that happens, nor is what the hub finds by itself for a household that has long moved.</summary>
    const string LastOfCase = "(select max(e.time) from events e where e.case_id = c.id and e.type not like 'retention.%' and e.type <> 'search.matched')";

    /// <summary>31 August, in Paris, of the school year in which a date lies: French school years begin on 1 September.</summary>
    const string EndOfSchoolYear = "make_timestamptz(extract(year from n.start_date)::int + case when extract(month from n.start_date) >= 9 then 1 else 0 end, 9, 1, 0, 0, 0, 'Europe/Paris')";

    public static string Of(RetainedKind kind) => kind switch
    {
        RetainedKind.Draft =>
            """
            select 'cases/' || c.id as subject, null::uuid as person_id, c.id as case_id, c.create_time as since from cases c
            where not exists (select from requests r where r.case_id = c.id) and not exists (select from exchanges e where e.case_id = c.id)
              and exists (select from persons p join vault.person_keys k on k.person_id = p.id where p.case_id = c.id)
            """,
        RetainedKind.Cv =>
            """
            select 'cvs/' || v.id as subject, v.person_id, p.case_id, v.create_time as since from cvs v join persons p on p.id = v.person_id
            where exists (select from consents s where s.person_id = v.person_id and s.purpose = 'employment_referral' and s.withdraw_time is null and s.expire_time > hub_now())
            """,
        RetainedKind.CvUnconsented =>
            $"""
            select 'cvs/' || v.id as subject, v.person_id, c.id as case_id, {LastOfCase} as since from cvs v join persons p on p.id = v.person_id join cases c on c.id = p.case_id
            where not exists (select from consents s where s.person_id = v.person_id and s.purpose = 'employment_referral' and s.withdraw_time is null and s.expire_time > hub_now())
            """,
        RetainedKind.DeclinedIntroduction =>
            """
            select 'referrals/' || r.id as subject, r.person_id, r.case_id, r.answer_time as since from referrals r where r.state = 'declined' and octet_length(r.introduction) > 0
            """,
        RetainedKind.SchoolFile =>
            $"""
            select 'enrolments/' || n.id as subject, n.person_id, n.case_id, {EndOfSchoolYear} as since from enrolments n
            where n.previous_school is not null or octet_length(n.answer_message) > 0
               or exists (select from enrolment_documents d join document_contents t on t.document_id = d.document_id where d.enrolment_id = n.id)
            """,
        RetainedKind.Case =>
            $"""
            select 'cases/' || c.id as subject, null::uuid as person_id, c.id as case_id, {LastOfCase} as since from cases c
            where exists (select from persons p join vault.person_keys k on k.person_id = p.id where p.case_id = c.id)
            """,
        RetainedKind.CallLog =>
            """
            select r_name as subject, r.person_id, r.case_id, k.answer_time as since from (select 'requests/' || r.id as r_name, r.* from requests r) r join clocks k on k.subject = r_name
            where r.answer_kind = 'call_logged' and octet_length(r.answer_text) > 0 and k.answer_time is not null
            """,
    };
}
