import { defineTexts } from '../kit/i18n';

export const texts = {
  title: ['Operasi', 'Operations'], hint: ['Apakah semuanya berjalan, apa yang tertinggal, dan siapa melakukan apa.', 'Whether everything runs, what lags behind, and who did what.'],
  services: ['Layanan', 'Services'], up: ['Menjawab', 'Answers'], down: ['Tidak menjawab', 'Does not answer'], latency: ['Waktu jawab', 'Answer time'], service: ['Layanan', 'Service'], state: ['Status', 'State'], checked: ['Diperiksa', 'Checked'],
  servicesHint: ['Waktu jawab diukur dari peramban ini lewat gerbang, setiap sepuluh detik; sisanya diceritakan oleh setiap layanan sendiri.', 'Answer times are measured from this browser through the gateway, every ten seconds; the rest each service tells of itself.'],
  inQueues: ['Menunggu di antrean', 'Waiting in queues'], outboxLag: ['Peristiwa belum terbit', 'Events not published'], nothingWaits: ['Tidak ada', 'None'],
  brokerAway: ['Broker pesan tidak menjawab', 'The message broker does not answer'], brokerAwayHint: ['Tidak ada yang hilang: peristiwa menunggu di outbox dan diterbitkan begitu broker kembali.', 'Nothing is lost: events wait in the outboxes and are published when the broker is back.'],

  queues: ['Antrean', 'Queues'], queue: ['Antrean', 'Queue'], ready: ['Menunggu', 'Waiting'], consumers: ['Pekerja', 'Consumers'], quietToo: ['Perlihatkan juga antrean yang kosong dan sehat', 'Show queues that are empty and well too'],
  nobodyWorks: ['Tidak ada yang mengerjakan', 'Nobody works on it'], notThere: ['Belum ada di broker', 'Not on the broker yet'], noConsumer: ['Tanpa pekerja', 'No consumer'], working: ['Dikerjakan', 'At work'],
  notTold: ['Tanpa keterangan antrean dari: {{services}}', 'No word about the queues of: {{services}}'], allQuiet: ['Semua antrean kosong', 'All queues are empty'], allQuietHint: ['{{count}} antrean, masing-masing dengan pekerjanya.', '{{count}} queues, each with its consumers.'],

  deadLetters: ['Pesan mati', 'Dead letters'], letter_waiting: ['Menunggu keputusan', 'Waiting'], letter_replayed: ['Diputar ulang', 'Replayed'], letter_discarded: ['Dilepas', 'Discarded'],
  noDeadLetters: ['Tidak ada pesan mati', 'No dead letters'], noDeadLettersHint: ['Setiap pesan layanan ini dapat ditangani.', 'Every message of this service could be handled.'], replay: ['Putar ulang', 'Replay'], discard: ['Lepaskan', 'Discard'],
  failures: ['Gagal', 'Failures'], failedAt: ['Terakhir gagal', 'Failed last'], firstFailedAt: ['Pertama gagal', 'Failed first'], messageId: ['ID pesan', 'Message id'], decisions: ['Keputusan', 'Decisions'], stack: ['Jejak kegagalan', 'Stack trace'],
  bodyGone: ['Isi pesan tidak disimpan lagi setelah diputuskan.', 'The message itself is kept no longer once it was decided about.'],
  replayedCount: ['{{count}} dikirim kembali ke antreannya.', '{{count}} sent back to their queues.'], tooOldCount: ['{{count}} gagal lebih dari 30 hari yang lalu dan hanya dapat dilepaskan.', '{{count}} failed more than 30 days ago and can only be discarded.'],
  discardTitle: ['Lepaskan {{count}} pesan mati?', 'Discard {{count}} dead letters?'], discardHint: ['Akibat yang seharusnya terjadi tidak akan terjadi lagi. Alasan dan nama Anda disimpan.', 'What they would have caused will not happen. The reason and your name are kept.'],

  outboxes: ['Outbox', 'Outboxes'], pending: ['Belum terbit', 'Not published'], scheduled: ['Terjadwal', 'Scheduled'], refusedEvents: ['Ditolak broker', 'Refused by the broker'], noRefusedEvents: ['Tidak ada yang ditolak.', 'Nothing is refused.'], attempts: ['{{count}} percobaan', '{{count}} attempts'],

  sending: ['Pengiriman', 'Sending'], noSending: ['Tidak ada kampanye yang sedang dikirim.', 'No campaign is being sent.'], backlog: ['Tertinggal {{count}}', 'Backlog {{count}}'], unknown: ['Tidak diketahui', 'Unknown'],
  senders: ['Pengirim', 'Senders'], sender: ['Pengirim', 'Sender'], inHand: ['Sedang dipegang', 'In hand'], noSenders: ['Tidak ada pengirim yang berjalan.', 'No sender is running.'], sender_working: ['Bekerja', 'Working'], sender_late: ['Terlambat memberi kabar', 'Late'], sender_lost: ['Hilang', 'Lost'], unknownCount: ['{{count}} tidak diketahui', '{{count}} unknown'],
  quarantine: ['Surat masuk yang tidak dipahami', 'Inbound mail that was not understood'], noQuarantine: ['Tidak ada.', 'None.'],

  jobs: ['Pekerjaan', 'Jobs'], noJobs: ['Tidak ada pekerjaan', 'No jobs'], kind: ['Jenis', 'Kind'], progress: ['Kemajuan', 'Progress'], startedBy: ['Dimulai oleh', 'Started by'], createdAt: ['Dimulai', 'Started'], finishedAt: ['Selesai', 'Finished'], anyState: ['Semua', 'Any'],
  'kind_import': ['Impor', 'Import'], 'kind_import-check': ['Uji coba impor', 'Import, dry run'], 'kind_duplicate-scan': ['Pencarian duplikat', 'Search for duplicates'], 'kind_journey-simulation': ['Simulasi perjalanan', 'Journey simulation'],
  'kind_model-fit': ['Pencocokan model', 'Model fit'], 'kind_scoring-run': ['Penilaian pelanggan', 'Scoring run'], 'kind_offer-rules': ['Aturan penawaran', 'Offer rules'], 'kind_alert-scan': ['Pencarian peringatan', 'Search for alerts'],
  'kind_issue-scan': ['Pencarian isu produk', 'Search for product issues'], 'kind_segmentation': ['Segmentasi mesin', 'Machine segmentation'], 'kind_projection-rebuild': ['Penyusunan ulang proyeksi', 'Rebuild of projections'], 'kind_report': ['Laporan', 'Report'],

  events: ['Audit', 'Audit'], event: ['Peristiwa', 'Event'], occurred: ['Terjadi', 'Occurred'], recorded: ['Dicatat', 'Recorded'], lag: ['Jeda', 'Lag'], noEvents: ['Belum ada peristiwa', 'No events yet'], noEventsHint: ['Peristiwa semua layanan muncul di sini.', 'All services\' events appear here.'],
  about: ['Tentang', 'About'], aboutExample: ['ID, nomor, atau nama', 'An id, a number, a name'], actor: ['Pelaku', 'Who'], from: ['Dari', 'From'], to: ['Sampai', 'Until'], search: ['Cari', 'Search'], clear: ['Kosongkan', 'Clear'], further: ['Cari lebih jauh ke belakang', 'Search further back'],
  noMatch: ['Tidak ada yang cocok sejauh ini', 'No match so far'], noMatchHint: ['Ubah pencarian, atau cari lebih jauh ke belakang.', 'Change the search, or search further back.'], unknownActor: ['tidak tercatat', 'not recorded'],
  payload: ['Isi', 'Payload'], reason: ['Alasan', 'Reason'],
} as const;

export const useOpsTexts = defineTexts('ops', texts);
