namespace Crm.Campaign.Tests.Templates;

/// <summary>A message with all that MJML offers here.</summary>
internal static class Newsletter
{
    public const string Mjml =
        """
        <mjml>
          <mj-head>
            <mj-title>Kabar toko</mj-title>
            <mj-preview>Untuk {{firstName "Pelanggan"}}</mj-preview>
            <mj-attributes>
              <mj-all font-family="Verdana, sans-serif" />
              <mj-text font-size="16px" />
              <mj-class name="strong" font-weight="bold" color="#0a7d4f" />
            </mj-attributes>
            <mj-style>.legal { color: #666666; }</mj-style>
          </mj-head>
          <mj-body background-color="#f4f4f4">
            <mj-hero background-url="https://toko.example/hero.jpg" background-color="#123456" height="120px">
              <mj-text align="center" color="#ffffff">Selamat datang</mj-text>
            </mj-hero>
            <mj-section background-color="#ffffff">
              <mj-column><mj-text mj-class="strong">Halo {{firstName}} &amp; keluarga</mj-text><mj-image src="https://toko.example/a.png" alt="Foto" width="250px" /></mj-column>
              <mj-column>
                <mj-text>Anda punya {{points}} poin.<br>Terima kasih.</mj-text>
                <mj-button href="https://toko.example/promo?a=1&amp;b=2">Belanja sekarang</mj-button>
              </mj-column>
            </mj-section>
            {{#if city}}<mj-section><mj-column><mj-text>Toko di {{city}}</mj-text></mj-column></mj-section>{{/if}}
            <mj-section full-width="full-width" background-color="#eeeeee">
              <mj-group>
                <mj-column><mj-text>Kiri</mj-text></mj-column>
                <mj-column><mj-text>Kanan</mj-text></mj-column>
              </mj-group>
            </mj-section>
            <mj-wrapper background-color="#ffffff" border="1px solid #cccccc" padding="10px">
              <mj-section>
                <mj-column width="33.33%"><mj-text>Satu</mj-text></mj-column>
                <mj-column width="66.67%"><mj-table><tr><th>Barang</th><th>Harga</th></tr><tr><td>Kopi</td><td>Rp 25.000</td></tr></mj-table></mj-column>
              </mj-section>
            </mj-wrapper>
            <mj-section>
              <mj-column>
                <mj-divider /><mj-spacer height="12px" />
                <mj-social><mj-social-element name="Instagram" href="https://instagram.com/toko" src="https://toko.example/ig.png">Instagram</mj-social-element></mj-social>
                <mj-text css-class="legal"><a href="{{unsubscribeUrl}}">Berhenti</a></mj-text>
              </mj-column>
            </mj-section>
          </mj-body>
        </mjml>
        """;
}
