import { defineTexts } from '../kit/i18n';

export const texts = {
  cases: ['Kasus', 'Cases'], case: ['Kasus', 'Case'], hint: ['Pertanyaan, keluhan, dan retur pelanggan.', 'Customers\' questions, complaints and returns.'], new: ['Kasus baru', 'New case'], subject: ['Perihal', 'Subject'], number: ['Nomor', 'Number'], customer: ['Pelanggan', 'Customer'], status: ['Status', 'Status'], priority: ['Prioritas', 'Priority'], type: ['Jenis', 'Type'], channel: ['Kanal', 'Channel'], assignee: ['Petugas', 'Assignee'], opened: ['Dibuka', 'Opened'], resolved: ['Selesai', 'Resolved'], description: ['Uraian', 'Description'], resolution: ['Penyelesaian', 'Resolution'],
  status_new: ['Baru', 'New'], status_assigned: ['Ditugaskan', 'Assigned'], status_pending: ['Menunggu', 'Pending'], status_resolved: ['Selesai', 'Resolved'], all: ['Semua status', 'All statuses'],
  change_opened: ['Dibuka', 'Opened'], change_assigned: ['Ditugaskan', 'Assigned'], change_commented: ['Dikomentari', 'Commented'], change_resolved: ['Diselesaikan', 'Resolved'], change_reopened: ['Dibuka lagi', 'Reopened'],
  priority_low: ['Rendah', 'Low'], priority_normal: ['Biasa', 'Normal'], priority_high: ['Tinggi', 'High'], priority_urgent: ['Mendesak', 'Urgent'],
  type_question: ['Pertanyaan', 'Question'], type_incident: ['Gangguan', 'Incident'], type_problem: ['Masalah', 'Problem'], type_complaint: ['Keluhan', 'Complaint'], type_return: ['Retur', 'Return'], type_featureRequest: ['Usulan', 'Feature request'],
  channel_phone: ['Telepon', 'Phone'], channel_email: ['E-mail', 'E-mail'], channel_web: ['Web', 'Web'], channel_chat: ['Obrolan', 'Chat'], channel_store: ['Toko', 'Store'],
  none: ['Tidak ada kasus', 'No cases'], noneHint: ['Kasus yang dibuka muncul di sini.', 'Cases that are opened appear here.'], conversation: ['Percakapan', 'Conversation'], history: ['Riwayat', 'History'], noComments: ['Belum ada komentar.', 'No comments yet.'], comment: ['Komentar', 'Comment'], internal: ['Catatan internal', 'Internal note'], internalHint: ['Hanya terlihat oleh petugas', 'Seen by agents only'], publicReply: ['Balasan', 'Reply'], send: ['Kirim', 'Send'], assignToMe: ['Ambil kasus', 'Take it'], resolve: ['Selesaikan', 'Resolve'], reopen: ['Buka lagi', 'Reopen'], reason: ['Alasan', 'Reason'],
  clocks: ['Janji layanan', 'Service promise'], clock_firstResponse: ['Jawaban pertama', 'First response'], clock_resolution: ['Penyelesaian', 'Resolution'], clock_running: ['Berjalan', 'Running'], clock_paused: ['Dijeda', 'Paused'], clock_stopped: ['Terpenuhi', 'Met'],
  due: ['tenggat', 'due'], dueColumn: ['Tenggat', 'Due'], overdue: ['Lewat tenggat', 'Overdue'], neverDue: ['tanpa jam kerja, tidak pernah jatuh tempo', 'no working hours, never due'], usedOf: ['{{used}} dari {{target}} jam kerja terpakai', '{{used}} of {{target}} working time used'],
  order: ['Urutan', 'Order'], order_newest: ['Terbaru dahulu', 'Newest first'], order_due: ['Tenggat terdekat dahulu', 'Due soonest first'], onlyOverdue: ['Hanya yang lewat tenggat', 'Overdue only'], pickCustomer: ['Pelanggan', 'Customer'], open: ['Buka kasus', 'Open case'],
} as const;

export const useServiceTexts = defineTexts('service', texts);
