import { defineTexts } from '../kit/i18n';

export const texts = {
  title: ['Daftar statis', 'Static lists'], hint: ['Orang yang dipilih satu per satu atau dari berkas, untuk segmen, contoh kiriman, dan uji coba.', 'People who were chosen one by one or from a file, for segments, seed copies and tests.'],
  new: ['Daftar baru', 'New list'], list: ['Daftar statis', 'Static list'], none: ['Belum ada daftar', 'No lists yet'], noneHint: ['Buat satu di sini, atau centang orang pada daftar pelanggan.', 'Make one here, or tick people in the list of customers.'],
  name: ['Nama', 'Name'], kind: ['Untuk', 'For'], kind_default: ['Segmen', 'Segments'], kind_seed: ['Contoh setiap kiriman', 'A copy of every message'], kind_test: ['Kiriman uji coba', 'Test sends'],
  members: ['Anggota', 'Members'], created: ['Dibuat', 'Created'], by: ['Oleh', 'By'],
  noMembers: ['Belum ada anggota', 'No members yet'], noMembersHint: ['Cari pelanggan, impor berkas, atau centang orang pada daftar pelanggan.', 'Find a customer, import a file, or tick people in the list of customers.'],
  customer: ['Pelanggan', 'Customer'], unknown: ['Tidak lagi ada di sasaran', 'No longer in the audience'], added: ['Ditambahkan', 'Added'], addOne: ['Tambah pelanggan', 'Add a customer'], makeSegment: ['Jadikan segmen', 'Make a segment'],
  remove: ['Keluarkan', 'Take off'], removed_one: ['{{count}} dikeluarkan dari daftar', '{{count}} taken off the list'], removed_other: ['{{count}} dikeluarkan dari daftar', '{{count}} taken off the list'], refused_one: ['{{count}} ditolak: {{reason}}', '{{count}} refused: {{reason}}'], refused_other: ['{{count}} ditolak: {{reason}}', '{{count}} refused: {{reason}}'],
  wasMember: ['Orang ini sudah ada di daftar', 'This person is on the list already'],
  import: ['Impor dari berkas', 'Import from a file'], importHint: ['CSV dengan kolom customerId, email, atau phone. Siapa yang tidak dikenal dilewati dan disebutkan.', 'CSV with a column customerId, email or phone. Whoever is not known is left out and told.'], file: ['Berkas CSV', 'CSV file'], choose: ['Pilih berkas', 'Choose a file'],
  received_one: ['{{count}} baris dibaca', '{{count}} row read'], received_other: ['{{count}} baris dibaca', '{{count}} rows read'], addedSome_one: ['{{count}} ditambahkan', '{{count}} added'], addedSome_other: ['{{count}} ditambahkan', '{{count}} added'], rejected_one: ['{{count}} ditolak', '{{count}} rejected'], rejected_other: ['{{count}} ditolak', '{{count}} rejected'],
  line: ['Baris', 'Line'], reason: ['Alasan', 'Reason'], problems: ['Baris yang ditolak', 'Rows that were rejected'],
  p_unknown_customer: ['Tidak ada di sasaran', 'Nobody in the audience'], p_customer_id_invalid: ['customerId bukan id', 'The customerId is not an id'], p_email_invalid: ['E-mail tidak sah', 'Not an e-mail address'], p_phone_invalid: ['Nomor tidak sah', 'Not a phone number'], p_empty: ['Tidak menyebut siapa pun', 'Names nobody'],
} as const;

export const useListTexts = defineTexts('lists', texts);
