import { day, getJson, make, moment, money, number, showHeader, texts } from '/shared.js';

const t = texts({
  title: ['Cari pelanggan', 'Find a customer'],
  hint: ['Nama, nomor pelanggan, e-mail, atau telepon', 'Name, customer number, e-mail or phone'],
  none: ['Tidak ada yang cocok.', 'Nothing matches.'],
  customer: ['Pelanggan', 'Customer'], contact: ['Kontak', 'Contact'], city: ['Kota', 'City'], stage: ['Tahap', 'Stage'],
  back: ['← Semua pelanggan', '← All customers'],
  missing: ['Saat ini tidak tersedia: {parts}. Bagian lain lengkap.', 'Not available at the moment: {parts}. The rest is complete.'],
  part: ['Saat ini tidak tersedia.', 'Not available at the moment.'],
  value: ['Nilai', 'Value'], notScored: ['Belum dinilai.', 'Not scored yet.'],
  clv: ['Nilai seumur hidup (CLV)', 'Lifetime value (CLV)'], percentile: ['Persentil CLV', 'CLV percentile'], alive: ['P(aktif)', 'P(alive)'],
  expected: ['Perkiraan pembelian', 'Expected purchases'], rfm: ['Skor RFM', 'RFM scores'], asOf: ['Data per', 'Data as of'],
  purchases: ['Pembelian', 'Purchases'], noPurchases: ['Belum ada pembelian.', 'No purchases yet.'],
  count: ['Jumlah', 'Count'], total: ['Total', 'Total'], first: ['Pertama', 'First'], last: ['Terakhir', 'Last'], date: ['Tanggal', 'Date'],
  lines: ['Baris', 'Lines'], returned: ['diretur', 'returned'],
  loyalty: ['Loyalitas', 'Loyalty'], noMember: ['Bukan anggota.', 'Not a member.'], member: ['Nomor anggota', 'Member number'],
  points: ['Poin tersedia', 'Points available'], lifetime: ['Poin terkumpul', 'Points in all'], since: ['Anggota sejak', 'Member since'], cards: ['Kartu', 'Cards'],
  cases: ['Kasus', 'Cases'], noCases: ['Tidak ada kasus.', 'No cases.'], open: ['terbuka', 'open'],
  campaigns: ['Kampanye', 'Campaigns'], noCampaigns: ['Belum ada pesan.', 'No messages yet.'], clicked: ['diklik', 'clicked'], opened: ['dibuka', 'opened'],
  consents: ['Persetujuan', 'Consents'], granted: ['diberikan', 'granted'], withdrawn: ['ditolak', 'refused'], noConsents: ['Tidak ada keputusan.', 'No decisions.'],
  timeline: ['Riwayat', 'Timeline'], noTimeline: ['Belum ada kejadian.', 'Nothing has happened yet.'],
  'timeline.customer.registered': ['Terdaftar', 'Registered'],
  'timeline.customer.changed': ['Data diubah', 'Details changed'],
  'timeline.customer.lifecycle_changed': ['Tahap berubah', 'Stage changed'],
  'timeline.purchase.recorded': ['Pembelian', 'Purchase'],
  'timeline.purchase.returned': ['Retur', 'Return'],
  'timeline.case.opened': ['Kasus dibuka', 'Case opened'], 'timeline.case.assigned': ['Kasus ditugaskan', 'Case assigned'],
  'timeline.case.commented': ['Komentar pada kasus', 'Comment on a case'], 'timeline.case.resolved': ['Kasus selesai', 'Case resolved'],
  'timeline.case.reopened': ['Kasus dibuka kembali', 'Case reopened'], 'timeline.case.changed': ['Kasus diubah', 'Case changed'],
  'timeline.loyalty.enrolled': ['Menjadi anggota', 'Became a member'],
  'timeline.points.earned': ['Poin diperoleh', 'Points earned'], 'timeline.points.reversed': ['Poin ditarik kembali', 'Points taken back'],
  'timeline.points.redeemed': ['Poin ditukar', 'Points redeemed'], 'timeline.points.adjusted': ['Poin disesuaikan', 'Points adjusted'],
  'timeline.message.sent': ['Pesan dikirim', 'Message sent'], 'timeline.message.opened': ['Pesan dibuka', 'Message opened'],
  'timeline.message.clicked': ['Tautan diklik', 'Link opened'], 'timeline.message.unsubscribed': ['Berhenti berlangganan', 'Unsubscribed'],
  'timeline.message.converted': ['Membeli setelah pesan', 'Bought after a message'],
  'timeline.message.undelivered': ['Pesan tidak sampai', 'Message not delivered'], 'timeline.message.shown': ['Pesan ditampilkan di kasir', 'Message shown at the till'],
  'timeline.call.interested': ['Ditelepon: tertarik', 'Called: interested'], 'timeline.call.not-interested': ['Ditelepon: tidak tertarik', 'Called: not interested'],
  'timeline.call.no-answer': ['Ditelepon: tidak dijawab', 'Called: no answer'], 'timeline.call.busy': ['Ditelepon: sibuk', 'Called: busy'],
  'timeline.call.wrong-number': ['Ditelepon: nomor salah', 'Called: wrong number'], 'timeline.call.call-back': ['Ditelepon: minta ditelepon lagi', 'Called: asked for a call back'],
  'timeline.consent.granted': ['Persetujuan diberikan', 'Consent given'], 'timeline.consent.withdrawn': ['Persetujuan dicabut', 'Consent withdrawn'],
  'timeline.note.added': ['Catatan', 'Note'],
});

const main = document.querySelector('main');
const list = (pairs) => make('dl', {}, pairs.filter(([, value]) => value != null).flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, String(value))]));
const rows = (head, body) => make('table', {}, make('thead', {}, make('tr', {}, head.map((name) => make('th', {}, name)))),
  make('tbody', {}, body.map((cells) => make('tr', {}, cells.map((cell) => make('td', {}, cell))))));
const card = (title, ...content) => make('section', { class: 'card' }, make('h2', {}, title), content);
const soft = (text) => make('p', { class: 'soft' }, text);
const fail = (error) => main.append(make('p', { class: 'error', role: 'alert' }, error.message));

function showSearch(query) {
  const results = make('div', { class: 'card' });
  const input = make('input', { type: 'search', value: query, placeholder: t('hint'), 'aria-label': t('hint'), maxlength: 200 });
  let running = 0;
  const search = async () => {
    const mine = ++running;
    const page = await getJson('/api/customer/v1/customers?limit=20&q=' + encodeURIComponent(input.value.trim()));
    if (mine !== running) return; // a later search has been started
    results.replaceChildren(page.items.length === 0 ? soft(t('none')) : rows(
      [t('customer'), t('contact'), t('city'), t('stage')],
      page.items.map((item) => [
        make('a', { href: '/?customer=' + item.id }, item.displayName),
        [item.email, item.phone].filter(Boolean).join(' · ') || '–', item.city ?? '–', item.lifecycleStage])));
  };
  let pause;
  input.addEventListener('input', () => { clearTimeout(pause); pause = setTimeout(() => search().catch(fail), 200); });
  main.replaceChildren(make('h1', {}, t('title')), make('p', { class: 'search' }, input), results);
  input.focus();
  return search();
}

async function showCustomer(id) {
  const view = await getJson('/api/customer360/v1/customers/' + encodeURIComponent(id));
  const { customer, purchases, value, loyalty, cases, campaigns, timeline } = view;
  const part = (name, title, data, empty, show) => card(title, view.unavailable.includes(name) ? soft(t('part')) : data ? show(data) : soft(empty));
  document.title = customer.displayName + ' · CRM';
  main.replaceChildren(
    make('p', {}, make('a', { href: '/' }, t('back'))),
    make('h1', {}, customer.displayName),
    make('p', { class: 'soft' }, [customer.number, customer.lifecycleStage, customer.city, customer.email, customer.phone].filter(Boolean).join(' · ')),
    make('div', {}, customer.tags.map((tag) => make('span', { class: 'tag' }, tag))),
    view.unavailable.length > 0 && make('p', { class: 'notice', role: 'status' }, t('missing', { parts: view.unavailable.map(t).join(', ') })),
    make('div', { class: 'grid' },
      part('value', t('value'), value, t('notScored'), (v) => list([
        [t('clv'), money({ amount: v.clv, currency: v.currency })], [t('percentile'), number(v.clvPercentile * 100) + ' %'],
        [t('alive'), number(v.probabilityAlive * 100, 1) + ' %'], [t('expected'), number(v.expectedPurchases, 2)],
        [t('rfm'), `${v.recencyScore}–${v.frequencyScore}–${v.monetaryScore}`], [t('asOf'), day(v.inputsAsOf)]])),
      part('loyalty', t('loyalty'), loyalty, t('noMember'), (l) => list([
        [t('member'), l.memberNumber], [t('points'), number(l.availablePoints)], [t('lifetime'), number(l.lifetimePoints)], [t('since'), day(l.enrolledAt)],
        [t('cards'), l.cards.map((c) => `…${c.numberEnd} (${c.status})`).join(', ') || '–']])),
      part('purchases', t('purchases'), purchases?.count > 0 ? purchases : null, t('noPurchases'), (p) => [
        list([[t('count'), number(p.count)], [t('total'), p.totals.map(money).join(' + ')], [t('first'), day(p.firstPurchasedAt)], [t('last'), day(p.lastPurchasedAt)]]),
        rows([t('date'), t('lines'), t('total')], p.latest.map((item) => [
          day(item.purchasedAt), number(item.lineCount), (item.total ? money(item.total) : '–') + (item.returned ? ` (${t('returned')})` : '')]))]),
      part('cases', t('cases'), cases?.cases.length > 0 ? cases : null, t('noCases'), (c) => [
        soft(`${number(c.openCount)} ${t('open')}`),
        rows([], c.cases.map((item) => [item.number, item.subject, item.status, day(item.openedAt)]))]),
      part('campaigns', t('campaigns'), campaigns?.length > 0 ? campaigns : null, t('noCampaigns'), (c) => rows([], c.map((item) => [
        item.campaignName, item.firstClickedAt ? t('clicked') : item.firstOpenedAt ? t('opened') : item.state, day(item.sentAt)]))),
      card(t('consents'), customer.consents.length === 0 ? soft(t('noConsents')) : list(customer.consents.map((c) => [
        `${c.purpose} · ${c.channel}`, `${t(c.granted ? 'granted' : 'withdrawn')}, ${day(c.effectiveAt)}`]))),
      part('timeline', t('timeline'), timeline?.length > 0 ? timeline : null, t('noTimeline'), (entries) => make('ol', { class: 'timeline' },
        entries.map((entry) => make('li', {}, make('strong', {}, t(entry.summaryKey)), make('br'),
          make('span', { class: 'soft' }, [moment(entry.occurredAt), ...Object.values(entry.args)].join(' · '))))))));
}

await showHeader();
const parameters = new URLSearchParams(location.search);
const showing = parameters.has('customer') ? showCustomer(parameters.get('customer')) : showSearch(parameters.get('q') ?? '');
showing.catch(fail);
