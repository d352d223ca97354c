import { defineTexts } from '../kit/i18n';

export const texts = {
  title: ['Operasi', 'Operations'], hint: ['Apakah semuanya berjalan, dan apa yang tertinggal.', 'Whether everything runs, and what lags behind.'], services: ['Layanan', 'Services'], up: ['Menjawab', 'Answers'], down: ['Tidak menjawab', 'Does not answer'], latency: ['Waktu jawab', 'Answer time'], service: ['Layanan', 'Service'], state: ['Status', 'State'], checked: ['Diperiksa', 'Checked'],
  servicesHint: ['Diukur dari peramban ini lewat gerbang, setiap sepuluh detik.', 'Measured from this browser through the gateway, every ten seconds.'],
  sending: ['Pengiriman', 'Sending'], noSending: ['Tidak ada kampanye yang sedang dikirim.', 'No campaign is being sent.'], quarantine: ['Surat masuk yang tidak dipahami', 'Inbound mail that was not understood'], noQuarantine: ['Tidak ada.', 'None.'], events: ['Catatan peristiwa', 'Event log'], event: ['Peristiwa', 'Event'], occurred: ['Terjadi', 'Occurred'], recorded: ['Dicatat', 'Recorded'], lag: ['Jeda', 'Lag'], noEvents: ['Belum ada peristiwa', 'No events yet'], noEventsHint: ['Peristiwa semua layanan muncul di sini.', 'All services\' events appear here.'], payload: ['Isi', 'Payload'], queues: ['Antrean', 'Queues'],
  queuesHint: ['Platform belum punya API untuk antrean, pesan mati, dan outbox. ./crm status dan halaman status memperlihatkannya.', 'The platform has no API for queues, dead letters and outboxes yet. ./crm status and the status page show them.'], backlog: ['Tertinggal {{count}}', 'Backlog {{count}}'], reason: ['Alasan', 'Reason'], received: ['Diterima', 'Received'], kind: ['Jenis', 'Kind'], unknown: ['Tidak diketahui', 'Unknown'],
} as const;

export const useOpsTexts = defineTexts('ops', texts);
