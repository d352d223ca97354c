/** The columns that an import reads; see the Customer service's README. */
export const COLUMNS = [
  'sourceId', 'displayName', 'givenName', 'familyName', 'email', 'phone', 'language', 'timeZone', 'street', 'city', 'province', 'postalCode', 'country', 'birthDate', 'gender', 'tags',
  'marketingConsents', 'registeredAt', 'referredBySourceId',
] as const;
export type ImportColumn = (typeof COLUMNS)[number];
export const REQUIRED: ImportColumn[] = ['sourceId', 'displayName'];

/** The separator of a file: what its first line has most of. */
function separatorOf(text: string): string {
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  return [',', ';', '\t'].map((one) => [one, line.split(one).length] as const).reduce((best, one) => (one[1] > best[1] ? one : best))[0];
}

/** The first rows of a CSV file (RFC 4180; comma, semicolon or tab), the header among them. A row that the piece of the file cuts off is left out. */
export function firstRows(text: string, most = 6): string[][] {
  const content = text.replace(/^\uFEFF/, '');
  const separator = separatorOf(content);
  const rows: string[][] = [];
  let [row, cell, quoted]: [string[], string, boolean] = [[], '', false];
  for (let at = 0; at < content.length && rows.length < most; at++) {
    const character = content[at]!;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (content[at + 1] === '"') { cell += '"'; at++; } else quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === separator) { row.push(cell.trim()); cell = ''; } else if (character === '\n') {
      row.push(cell.trim());
      if (row.some(Boolean)) rows.push(row);
      [row, cell] = [[], ''];
    } else if (character !== '\r') cell += character;
  }
  if (rows.length < most && (cell || row.length > 0) && !quoted) rows.push([...row, cell.trim()]);
  return rows;
}

/** What other systems and people call the columns. */
const CALLED: Record<ImportColumn, string[]> = {
  sourceId: ['id', 'customerid', 'idpelanggan', 'kodepelanggan', 'kode', 'externalid', 'memberid', 'nomorpelanggan'],
  displayName: ['name', 'nama', 'fullname', 'namalengkap', 'namapelanggan', 'customername', 'customer', 'pelanggan'],
  givenName: ['firstname', 'namadepan'], familyName: ['lastname', 'surname', 'namabelakang', 'namakeluarga'],
  email: ['mail', 'emailaddress', 'surel', 'alamatemail'], phone: ['telephone', 'mobile', 'telepon', 'telp', 'hp', 'nohp', 'nomorhp', 'notelp', 'notelepon', 'handphone', 'whatsapp', 'wa', 'phonenumber'],
  language: ['bahasa', 'lang'], timeZone: ['zonawaktu', 'tz'], street: ['address', 'alamat', 'jalan', 'addressline1'], city: ['kota', 'kabupaten', 'town'], province: ['provinsi', 'state', 'region'],
  postalCode: ['zip', 'zipcode', 'postcode', 'kodepos'], country: ['negara', 'countrycode'], birthDate: ['dob', 'dateofbirth', 'birthday', 'tanggallahir', 'tgllahir'],
  gender: ['sex', 'jeniskelamin', 'kelamin'], tags: ['labels', 'label', 'tag'], marketingConsents: ['consents', 'consent', 'persetujuan'], registeredAt: ['registered', 'createdat', 'created', 'joined', 'tanggaldaftar', 'terdaftar'],
  referredBySourceId: ['referredby', 'referrer', 'referensi'],
};

const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** What each header means: as it was said last, else by its name, else nothing. No column is meant twice. */
export function suggestMapping(headers: string[], remembered: Record<string, string | null> = {}): (ImportColumn | null)[] {
  const taken = new Set<ImportColumn>();
  const take = (column: ImportColumn | null | undefined) => (column && !taken.has(column) ? (taken.add(column), column) : null);
  const exact = headers.map((header) => {
    const said = Object.entries(remembered).find(([name]) => name.toLowerCase() === header.toLowerCase());
    if (said) return take(said[1] as ImportColumn | null) ?? undefined;
    return take(COLUMNS.find((column) => plain(column) === plain(header))) ?? undefined;
  });
  return headers.map((header, index) => {
    if (exact[index]) return exact[index];
    if (Object.keys(remembered).some((name) => name.toLowerCase() === header.toLowerCase())) return null;
    return take(COLUMNS.find((column) => CALLED[column].includes(plain(header))));
  });
}

/** The mapping as the service keeps it: what is not called by its own name, with null for what is not taken in. */
export const mappingOf = (headers: string[], columns: (ImportColumn | null)[]): Record<string, string | null> =>
  Object.fromEntries(headers.map((header, index) => [header, columns[index] ?? null] as const).filter(([header, column]) => header !== '' && header !== column));

/** Columns that the import needs and no header means, and those that two headers mean. */
export const missingColumns = (columns: (ImportColumn | null)[]) => REQUIRED.filter((column) => !columns.includes(column));
export const doubledColumns = (columns: (ImportColumn | null)[]) => [...new Set(columns.filter((column, index) => column !== null && columns.indexOf(column) !== index))];
