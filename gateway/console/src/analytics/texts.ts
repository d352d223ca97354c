import { defineTexts } from '../kit/i18n';

export const texts = {
  title: ['Nilai pelanggan', 'Customer value'], hint: ['Dari pembelian sampai nilai seumur hidup, dengan rumus di balik tiap angka.', 'From purchases to lifetime value, with the formula behind each number.'],
  overview: ['Ringkasan', 'Overview'], ranking: ['Peringkat', 'Ranking'], models: ['Model', 'Models'],
  customers: ['Pelanggan bernilai', 'Customers scored'], totalClv: ['Jumlah CLV', 'Total CLV'], totalClvDefinition: ['Jumlah CLV semua pelanggan yang dinilai, dalam rentang penilaian.', 'Sum of the CLV of all scored customers, over the scoring horizon.'],
  topFifth: ['Bagian seperlima teratas', 'Share of the top fifth'], topFifthDefinition: ['Bagian pendapatan bersih dari 20 % pelanggan terbaik dalam dua belas bulan.', 'Share of net revenue of the best 20 % of customers over twelve months.'],
  for80: ['Pelanggan untuk 80 %', 'Customers for 80 %'], for80Definition: ['Bagian terkecil pelanggan yang bersama-sama membawa 80 % pendapatan.', 'Smallest share of customers who together bring 80 % of revenue.'],
  gini: ['Gini', 'Gini'], giniDefinition: ['0: semua belanja sama; 1: satu orang membeli semuanya.', '0: everybody spends the same; 1: one person buys everything.'],
  rfm: ['Di mana pelanggan berada menurut kebaruan dan frekuensi', 'Where customers are by recency and frequency'],
  rfmDefinition: ['Kuintil kebaruan (mendatar) dan frekuensi (tegak), 5 terbaik. Angka: jumlah pelanggan. Klik sel untuk melihat rinciannya.', 'Quintiles of recency (across) and frequency (up), 5 is best. Number: customers. Click a cell for its details.'],
  recency: ['Kebaruan', 'Recency'], frequency: ['Frekuensi', 'Frequency'], count: ['Pelanggan', 'Customers'], spend: ['Belanja bersih', 'Net spend'], clv: ['CLV', 'CLV'], segment: ['Segmen', 'Segment'],
  segments: ['Pelanggan menurut segmen RFM', 'Customers by RFM segment'], segmentsDefinition: ['Segmen mengikuti kuintil RFM; batang: jumlah pelanggan.', 'Segments follow the RFM quintiles; bars: number of customers.'],
  pareto: ['Berapa bagian pendapatan dibawa pelanggan terbaik', 'How much of revenue the best customers bring'], paretoDefinition: ['Kurva Pareto dari kurva Lorenz: pelanggan dari yang terbaik (mendatar), bagian kumulatif pendapatan bersih (tegak). Garis putus: semua sama.', 'Pareto curve from the Lorenz curve: customers from the best (across), cumulative share of net revenue (up). Dashed: all alike.'],
  shareCustomers: ['Pelanggan', 'Customers'], shareRevenue: ['Pendapatan', 'Revenue'], equal: ['Semua sama', 'All alike'],
  distribution: ['Bagaimana CLV tersebar', 'How CLV is spread'], distributionDefinition: ['Pelanggan teratas menurut CLV yang dimuat, dikelompokkan menurut nilai.', 'The top customers by CLV that are loaded, grouped by value.'],
  alive: ['Seberapa pasti mereka masih pelanggan', 'How surely they are still customers'], aliveDefinition: ['P(aktif) menurut BG/NBD (Fader, Hardie, Lee 2005), dalam sepuluh kelompok.', 'P(alive) by BG/NBD (Fader, Hardie, Lee 2005), in ten groups.'],
  pAlive: ['P(aktif)', 'P(alive)'], expected: ['Perkiraan pembelian', 'Expected purchases'], percentile: ['Persentil', 'Percentile'], name: ['Pelanggan', 'Customer'], lastDays: ['Hari sejak terakhir', 'Days since last'], order: ['Urutan', 'Order'], highest: ['Tertinggi dulu', 'Highest first'], lowest: ['Terendah dulu', 'Lowest first'], topOnly: ['Hanya seperlima teratas', 'Top fifth only'],
  noScores: ['Belum ada nilai', 'No scores yet'], noScoresHint: ['Jalankan model setelah ada pembelian; nilai lalu dihitung untuk semua pelanggan.', 'Fit the models once there are purchases; everybody is scored then.'],
  fit: ['Jalankan model dan nilai', 'Fit and score'], fitStarted: ['Model sedang dihitung', 'Models are being fitted'], modelRuns: ['Perhitungan model', 'Model fits'], runs: ['Penilaian', 'Scoring runs'], state: ['Status', 'State'], asOf: ['Data per', 'As of'], by: ['Oleh', 'By'], when: ['Waktu', 'When'], parameters: ['Parameter', 'Parameters'], converged: ['konvergen', 'converged'], noRuns: ['Belum ada.', 'None yet.'], currency: ['Mata uang', 'Currency'], loadedOf: ['{{count}} pelanggan dimuat', '{{count}} customers loaded'],
  champions: ['Juara', 'Champions'], loyalCustomers: ['Setia', 'Loyal'], potentialLoyalists: ['Calon setia', 'Potential loyalists'], newCustomers: ['Baru', 'New'], promising: ['Menjanjikan', 'Promising'], needAttention: ['Perlu perhatian', 'Need attention'], aboutToSleep: ['Hampir tertidur', 'About to sleep'], cannotLoseThem: ['Jangan sampai hilang', 'Cannot lose them'], atRisk: ['Berisiko', 'At risk'], hibernating: ['Tertidur', 'Hibernating'], lost: ['Hilang', 'Lost'],
  cell: ['Kebaruan {{recency}}, frekuensi {{frequency}}', 'Recency {{recency}}, frequency {{frequency}}'],
} as const;

export const useAnalyticsTexts = defineTexts('analytics', texts);
