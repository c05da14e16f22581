using System.Text;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing;
using Passerelle.Hub.Housing.Feeds;

namespace Passerelle.Tests.Housing.Feeds;

/// <summary>Formats of named fields, in XML and JSON.</summary>
public class TagFormatTests
{
    [Theory]
    [InlineData(false, "ubiflow-xml")]
    [InlineData(true, "ubiflow-json")]
    public void A_house_is_read_in_both_forms(bool json, string format)
    {
        var house = Ubiflow.House("U1", ("chauffage_energie", "gaz"), ("chauffage_type", "individuel"), ("type_cuisine", "américaine"), ("cuisine_equipee", "oui"), ("nb_wc", "2"), ("avec_jardin", "1"),
            ("dpe_etiquette_conso", "C"), ("dpe_valeur_conso", "140"), ("dpe_date_realisation", "2025-02-01"), ("contact_a_afficher", "Agence du Port"), ("taxe_fonciere", "1200"));

        using var feed = Open(json ? Ubiflow.Json(house) : Ubiflow.Xml(house));
        var line = Assert.IsType<DraftLine<ListingDraft>>(Assert.Single(feed.ReadLines()));
        var listing = line.Draft;

        Assert.Empty(line.Warnings);
        Assert.Equal((format, "utf-8"), (feed.Format, feed.Encoding));
        Assert.Equal(("agence-1", "U1", "REF U1"), (listing.AgencyId, listing.TechnicalId, listing.Reference));
        Assert.Equal((Transaction.Sale, PropertyType.House, 26_500_000L), (listing.Transaction, listing.PropertyType, listing.PriceCents));
        Assert.Equal(("14400", "Bayeux", "Maison & jardin", "Près de la cathédrale."), (listing.Postcode, listing.City, listing.Title, listing.Description));
        Assert.Equal((118.5m, 640m, 5, 3), (listing.Surface!.Value, listing.LandSurface!.Value, listing.Rooms!.Value, listing.Bedrooms!.Value));
        Assert.Equal((EnergyClass.C, 140m, new DateOnly(2025, 2, 1)), (listing.EnergyClass!.Value, listing.EnergyUse!.Value, listing.DiagnosisDate!.Value));
        Assert.Equal(["https://photos.example/1.jpg", "https://photos.example/2.jpg"], listing.Photos);
        Assert.Equal(["Façade", ""], listing.Details.PhotoTitles!);
        Assert.True(listing.Details is
        {
            HeatingEnergy: HeatingEnergy.Gas, HeatingSharing: HeatingSharing.Individual, Kitchen: KitchenKind.Open, KitchenEquipped: true, Toilets: 2, Garden: true, ContactName: "Agence du Port", PropertyTaxCents: 120_000,
        });
    }

    [Fact]
    public void The_same_home_has_the_same_content_whatever_the_form() =>
        Assert.Equal(One(Ubiflow.Xml(Ubiflow.House())).ContentHash(), One(Ubiflow.Json(Ubiflow.House())).ContentHash());

    [Fact]
    public void A_rental_has_its_rent_and_the_tenants_fees()
    {
        var rental = One(Ubiflow.Xml(Ubiflow.House("U1", ("type_transaction", "L"), ("prix", null), ("loyer_mensuel", "890"), ("loyer_est_cc", "oui"), ("charges_locatives", "60"), ("honoraires_location", "450"), ("depot_garantie", "830"))));

        Assert.Equal((Transaction.Rental, 89_000L, true, 6_000L, 45_000L, 83_000L),
            (rental.Transaction, rental.PriceCents, rental.RentIncludesCharges!.Value, rental.ChargesCents!.Value, rental.FeesCents!.Value, rental.DepositCents!.Value));
    }

    /// <summary>With its own nesting, codes and letters.</summary>
    [Fact]
    public void An_export_as_Ubiflow_describes_it_is_read()
    {
        var listing = One(
            """
            <client><annonce>
              <reference>BAY-7</reference><titre>Longère</titre><texte>Au calme.</texte><mandat_numero>SECRET</mandat_numero><url_tarifs_publics>https://agence.example/tarifs</url_tarifs_publics>
              <bien><code_type>1200</code_type><libelle_type>Longère restaurée</libelle_type><code_postal>14400</code_postal><ville>Bayeux</ville><pays>FRA</pays><surface>140</surface>
                <nb_pieces_logement>6</nb_pieces_logement><cheminee>O</cheminee><piscine>N</piscine><copropriete>O</copropriete><alur_nb_lots>4</alur_nb_lots>
                <charges_copropriete_annuelle>300</charges_copropriete_annuelle><alur_syndic_en_procedure>N</alur_syndic_en_procedure></bien>
              <prestation><type>V</type><prix>310000</prix><prix_hors_honoraires>298000</prix_hors_honoraires><honoraires_payeurs>acquereur</honoraires_payeurs></prestation>
              <diagnostiques><dpe_etiquette_conso>D</dpe_etiquette_conso><dpe_date_realisation>01/03/2025</dpe_date_realisation><montant_depenses_energies_min>1500</montant_depenses_energies_min>
                <montant_depenses_energies_max>2100</montant_depenses_energies_max><date_indice_prix_energies>01/01/2023</date_indice_prix_energies><zone_georisque>O</zone_georisque></diagnostiques>
              <photos><photo>https://photos.example/7-1.jpg</photo></photos>
            </annonce></client>
            """);

        Assert.Equal(("agence", "BAY-7", Transaction.Sale, PropertyType.House, "Longère restaurée"), (listing.AgencyId, listing.TechnicalId, listing.Transaction, listing.PropertyType, listing.PropertyTypeText));
        Assert.Equal((31_000_000L, 29_800_000L, FeesPayer.Buyer, 140m, 6, "14400"), (listing.PriceCents, listing.PriceWithoutFeesCents!.Value, listing.FeesPayer!.Value, listing.Surface!.Value, listing.Rooms!.Value, listing.Postcode));
        Assert.Equal((EnergyClass.D, new DateOnly(2025, 3, 1)), (listing.EnergyClass!.Value, listing.DiagnosisDate!.Value));
        Assert.True(listing.Details is
        {
            Fireplace: true, Pool: false, InCoOwnership: true, Lots: 4, CoOwnershipChargesCents: 30_000, CoOwnershipProcedure: false, LeastEnergyCostCents: 150_000, MostEnergyCostCents: 210_000, EnergyPriceYear: 2023,
            MentionsRisks: true, FeesUri: "https://agence.example/tarifs",
        });
        Assert.Single(listing.Photos);
    }

    [Fact]
    public void Problems_name_the_tag_and_the_line()
    {
        var lines = Read(Ubiflow.Xml(Ubiflow.House("U1", ("prix", "cher")), Ubiflow.House("U2", ("code_postal", "Bayeux"))));

        var rejected = Assert.IsType<RejectedLine>(lines[0]);
        Assert.Equal((ListingProblem.NotAPrice, "prix", "cher", new FeedIdentity("agence-1", "U1")), ((ListingProblem)rejected.Problem, rejected.Field, rejected.Value, rejected.Identity));
        Assert.Equal(4, rejected.LineNumber);
        Assert.Equal((FeedProblem.NotAPostcode, "code_postal"), Assert.IsType<DraftLine<ListingDraft>>(lines[1]).Warnings.Select(w => ((FeedProblem)w.Problem, w.Field)).Single());
    }

    [Fact]
    public void What_only_owners_and_mandates_concern_is_not_kept()
    {
        var house = Ubiflow.House("U1", ("mandat_numero", "SECRET"), ("occupant_nom", "SECRET"), ("occupant_telephone", "SECRET"), ("nom_voie", "SECRET"), ("prix_vendu_net", "SECRET"));

        var listing = One(Ubiflow.Xml(house));

        Assert.DoesNotContain("SECRET", listing.ToString() + Encoding.UTF8.GetString(listing.Details.ToJson()), StringComparison.Ordinal);
        Assert.Equal(One(Ubiflow.Xml(Ubiflow.House())).ContentHash(), listing.ContentHash());
    }

    [Fact]
    public void A_text_may_come_in_parts()
    {
        var xml = Ubiflow.Xml(Ubiflow.House()).Replace("<texte>Près de la cathédrale.</texte>", "<texte>Près <![CDATA[de <b>la</b>]]><!-- x --> cathé<![CDATA[drale]]>.</texte>", StringComparison.Ordinal);

        Assert.Equal("Près de <b>la</b> cathédrale.", One(xml).Description);
    }

    [Fact]
    public void Thousands_of_parts_are_put_together_at_once()
    {
        var xml = Ubiflow.Xml(Ubiflow.House()).Replace("Près de la cathédrale.", string.Concat(Enumerable.Repeat("<![CDATA[x]]>", 90_000)), StringComparison.Ordinal);

        Assert.Equal(90_000, One(xml).Description!.Length);
    }

    [Fact]
    public void Of_what_stands_around_the_records_only_the_agency_is_theirs()
    {
        var lines = Read("<client><reference>AG-9</reference><prix>1</prix><annonce><reference>A</reference><code_type>1100</code_type><prestation><type>L</type></prestation></annonce></client>");

        var rejected = Assert.IsType<RejectedLine>(Assert.Single(lines));
        Assert.Equal((FeedProblem.Missing, "prix", new FeedIdentity("AG-9", "A")), ((FeedProblem)rejected.Problem, rejected.Field, rejected.Identity));
        lines = Read("<client><reference>AG-9</reference><annonce><code_type>1100</code_type><code_postal>14000</code_postal></annonce></client>");
        Assert.Null(Assert.IsType<RejectedLine>(Assert.Single(lines)).Identity);
    }

    [Fact]
    public void Without_a_technical_id_anywhere_the_reference_is_the_key() =>
        Assert.Equal(["REF U1", "REF U2"], Drafts(Ubiflow.Json(Ubiflow.House("U1", ("identifiant_technique", null)), Ubiflow.House("U2", ("identifiant_technique", null)))).Select(d => d.TechnicalId));

    /// <summary>It would pass for another listing, and its own would be withdrawn.</summary>
    [Fact]
    public void One_record_that_lacks_the_id_that_others_have_is_rejected_and_does_not_take_its_reference()
    {
        var lines = Read(Ubiflow.Xml(Ubiflow.House("U1"), Ubiflow.House("U2", ("identifiant_technique", null)), Ubiflow.House("U3")));

        var rejected = Assert.IsType<RejectedLine>(lines[1]);
        Assert.Equal((FeedProblem.Missing, "identifiant_technique", null), ((FeedProblem)rejected.Problem, rejected.Field, rejected.Identity));
    }

    [Theory]
    [InlineData("windows-1252")]
    [InlineData("iso-8859-15")]
    [InlineData("utf-16")]
    public void The_declared_encoding_is_the_one(string name)
    {
        var encoding = name == "utf-16" ? Encoding.Unicode : CodePagesEncodingProvider.Instance.GetEncoding(name)!;
        byte[] file = [.. encoding.GetPreamble(), .. encoding.GetBytes(Ubiflow.Xml(name, Ubiflow.House("U1", ("titre", "Été à 250 000 €"))))];

        using var feed = ListingFeeds.Open(new MemoryStream(file));

        Assert.Equal(name, feed.Encoding);
        Assert.Equal("Été à 250 000 €", Assert.IsType<DraftLine<ListingDraft>>(feed.ReadLines().Single()).Draft.Title);
    }

    [Fact]
    public void Without_a_declaration_it_is_UTF8_or_windows_1252()
    {
        var bare = Ubiflow.Xml(Ubiflow.House("U1", ("titre", "été")));
        bare = bare[(bare.IndexOf('\n', StringComparison.Ordinal) + 1)..];

        foreach (var (bytes, name) in new[] { (Encoding.UTF8.GetBytes(bare), "utf-8"), (Poliris.Windows1252.GetBytes(bare), "windows-1252"), (Poliris.Windows1252.GetBytes(Ubiflow.Json(Ubiflow.House("U1", ("titre", "été")))), "windows-1252") })
        {
            using var feed = ListingFeeds.Open(new MemoryStream(bytes));
            Assert.Equal((name, "été"), (feed.Encoding, Assert.IsType<DraftLine<ListingDraft>>(feed.ReadLines().Single()).Draft.Title));
        }
    }

    [Fact]
    public void Text_that_breaks_its_declaration_is_refused() =>
        Assert.Equal(FeedRefusal.Undecodable, Poliris.Refused(Poliris.Windows1252.GetBytes(Ubiflow.Xml("utf-8", Ubiflow.House("U1", ("titre", "été"))))).Kind);

    [Theory]
    [InlineData("klingon")]
    [InlineData("utf-7")]
    public void An_encoding_that_nobody_reads_is_refused_by_its_name(string name)
    {
        var refused = Poliris.Refused(Ubiflow.Bytes(Ubiflow.Xml(name, Ubiflow.House())));

        Assert.Equal(FeedRefusal.Undecodable, refused.Kind);
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<!DOCTYPE client [<!ENTITY a \"x\"><!ENTITY b \"&a;&a;&a;\">]>")]
    [InlineData("<!DOCTYPE client SYSTEM \"file:///etc/passwd\">")]
    [InlineData("<!DOCTYPE client [<!ENTITY x SYSTEM \"http://host.example/x\">]>")]
    public void A_DOCTYPE_is_refused_before_anything_expands_or_is_fetched(string doctype)
    {
        var xml = Ubiflow.Xml(Ubiflow.House());

        Assert.Equal(FeedRefusal.Doctype, Poliris.Refused(Ubiflow.Bytes(xml.Insert(xml.IndexOf("<client", StringComparison.Ordinal), doctype))).Kind);
    }

    [Fact]
    public void What_is_nested_without_end_is_refused()
    {
        var open = string.Concat(Enumerable.Repeat("<a>", 100_000));

        Assert.Equal(FeedRefusal.TooDeep, Poliris.Refused(Ubiflow.Bytes($"<client><annonce><code_postal>14000</code_postal>{open}")).Kind);
        Assert.Contains(Poliris.Refused(Ubiflow.Bytes($"{{\"annonces\":[{{\"code_postal\":\"1\",\"nb_pieces\":{new string('[', 100_000)}")).Kind, new[] { FeedRefusal.TooDeep, FeedRefusal.Truncated });
    }

    [Fact]
    public void A_text_without_end_is_refused()
    {
        var endless = new string('x', 5_000_000);

        Assert.Equal(FeedRefusal.LineTooLong, Poliris.Refused(Ubiflow.Bytes(Ubiflow.Xml(Ubiflow.House("U1", ("texte", endless))))).Kind);
        Assert.Equal(FeedRefusal.LineTooLong, Poliris.Refused(Ubiflow.Bytes(Ubiflow.Json(Ubiflow.House("U1", ("texte", endless))))).Kind);
        Assert.Equal(FeedRefusal.LineTooLong, Poliris.Refused(Ubiflow.Bytes($"<client><annonce><code_postal a=\"{endless}\"/></annonce></client>")).Kind);
        Assert.Equal(FeedRefusal.LineTooLong, Poliris.Refused(Ubiflow.Bytes($"<client><annonce><code_postal/><{endless}/></annonce></client>")).Kind);
        Assert.Equal(FeedRefusal.LineTooLong, Poliris.Refused(Ubiflow.Bytes($"<client><annonce><code_postal/><!--{endless}--></annonce></client>")).Kind);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_file_cut_anywhere_is_refused(bool json)
    {
        var file = Ubiflow.Bytes(json ? Ubiflow.Json(Ubiflow.House("U1"), Ubiflow.House("U2")) : Ubiflow.Xml(Ubiflow.House("U1"), Ubiflow.House("U2")));
        for (var cut = file.Length - 2; cut > 700; cut -= 3)
            Assert.Contains(Poliris.Refused(file[..cut]).Kind, new[] { FeedRefusal.Truncated, FeedRefusal.Undecodable });
    }

    [Fact]
    public void A_file_without_a_single_record_is_empty()
    {
        Assert.Equal(FeedRefusal.Empty, Poliris.Refused("<propertybase_feed></propertybase_feed>").Kind);
        Assert.Equal(FeedRefusal.Empty, Poliris.Refused("{\"code_postal\":1,\"nb_pieces\":2}").Kind);
    }

    [Fact]
    public void An_archive_may_hold_it()
    {
        Assert.Equal("U1", Assert.IsType<DraftLine<ListingDraft>>(Assert.Single(Poliris.Read(Poliris.Zip(("annonces.xml", Ubiflow.Xml(Ubiflow.House("U1"))), ("lisez-moi.txt", "x"))))).Draft.TechnicalId);
        Assert.Equal("U1", Assert.IsType<DraftLine<ListingDraft>>(Assert.Single(Poliris.Read(Poliris.Zip(("export.json", Ubiflow.Json(Ubiflow.House("U1"))))))).Draft.TechnicalId);
    }

    [Fact]
    public void A_listing_that_Propertybase_deletes_is_not_listed()
    {
        var lines = Poliris.Read(
            """
            <propertybase_feed>
            <listing mode="CHANGE"><id>A</id><general_listing_information><listingprice>250000.0</listingprice><listingtype>Sale</listingtype><propertytype>House</propertytype></general_listing_information><custom_fields><agency_id>X</agency_id></custom_fields></listing>
            <listing mode="DELETE"><id>B</id></listing>
            </propertybase_feed>
            """);

        Assert.Equal("A", Assert.IsType<DraftLine<ListingDraft>>(Assert.Single(lines)).Draft.TechnicalId);
    }

    static FeedFile Open(string file) => ListingFeeds.Open(new MemoryStream(Ubiflow.Bytes(file)));

    static List<FeedLine> Read(string file) => Poliris.Read(Ubiflow.Bytes(file));

    static IEnumerable<ListingDraft> Drafts(string file) => Read(file).Select(line => Assert.IsType<DraftLine<ListingDraft>>(line).Draft);

    static ListingDraft One(string file) => Assert.Single(Drafts(file));
}
