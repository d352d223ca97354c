import { defineTexts } from '../kit/i18n';

export const texts = {
  title: ['Akun', 'Accounts'], hint: ['Perusahaan, rumah tangga, mitra, pemasok, dan pesaing, dengan orang-orangnya.', 'Organisations, households, partners, suppliers and competitors, with their people.'], new: ['Akun baru', 'New account'],
  name: ['Nama', 'Name'], number: ['Nomor', 'Number'], kind: ['Jenis', 'Kind'], phone: ['Telepon', 'Phone'], email: ['E-mail', 'E-mail'], city: ['Kota', 'City'], industry: ['Bidang usaha', 'Industry'], website: ['Situs', 'Website'], owner: ['Penanggung jawab', 'Owner'], registered: ['Terdaftar', 'Registered'], tags: ['Label', 'Tags'], address: ['Alamat', 'Address'],
  organisation: ['Perusahaan', 'Organisation'], household: ['Rumah tangga', 'Household'], partner: ['Mitra', 'Partner'], supplier: ['Pemasok', 'Supplier'], competitor: ['Pesaing', 'Competitor'], allKinds: ['Semua jenis', 'All kinds'],
  editTitle: ['Ubah {{name}}', 'Change {{name}}'], street: ['Jalan', 'Street'], province: ['Provinsi', 'Province'], postalCode: ['Kode pos', 'Postal code'], country: ['Negara (dua huruf)', 'Country (two letters)'], parent: ['Induk', 'Belongs to'], noParent: ['Berdiri sendiri', 'Nobody'], tagsHint: ['Ketik satu, lalu Enter', 'Type one, then Enter'], ownFields: ['Kolom sendiri', 'Own fields'],
  search: ['Nama akun', 'Name of the account'], none: ['Belum ada akun', 'No accounts yet'], noneHint: ['Daftarkan perusahaan atau rumah tangga, lalu tautkan orangnya.', 'Register an organisation or a household, then link its people.'],
  details: ['Rincian', 'Details'], people: ['Orang', 'People'], noPeople: ['Belum ada orang yang ditautkan.', 'Nobody is linked yet.'], tree: ['Susunan', 'Hierarchy'], role: ['Peran', 'Role'], primary: ['utama', 'primary'], isPrimary: ['Kontak utama', 'Primary contact'], person: ['Orang', 'Person'], end: ['Akhiri peran {{name}}', 'End the role of {{name}}'], ended: ['sampai {{day}}', 'until {{day}}'],
} as const;

export const useAccountTexts = defineTexts('accounts', texts);
