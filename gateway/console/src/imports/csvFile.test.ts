import { describe, expect, it } from 'vitest';
import { doubledColumns, firstRows, mappingOf, missingColumns, suggestMapping } from './csvFile';

describe('the first rows of a file', () => {
  it('are read with quotes, line breaks inside them, and a byte order mark', () => {
    expect(firstRows('\uFEFFid,name\r\n1,"Siti ""S"" Rahayu"\r\n2,"two\nlines, one cell"\r\n')).toEqual([['id', 'name'], ['1', 'Siti "S" Rahayu'], ['2', 'two\nlines, one cell']]);
  });
  it.each([';', '\t'])('are read with the separator %j', (separator) => {
    expect(firstRows(`id${separator}nama\n1${separator}Budi, Bandung`)).toEqual([['id', 'nama'], ['1', 'Budi, Bandung']]);
  });
  it('leave out empty rows and what is cut off inside quotes', () => expect(firstRows('id,name\n\n1,a\n2,"cut')).toEqual([['id', 'name'], ['1', 'a']]));
});

describe('what a header means', () => {
  it('is found by the names that people use in both languages', () => {
    expect(suggestMapping(['ID Pelanggan', 'Nama Lengkap', 'No. HP', 'Kota', 'Catatan'])).toEqual(['sourceId', 'displayName', 'phone', 'city', null]);
  });
  it('is what was said last for the source, also that a column is left out', () => {
    expect(suggestMapping(['kode', 'nama', 'kota'], { KODE: 'sourceId', nama: 'displayName', kota: null })).toEqual(['sourceId', 'displayName', null]);
  });
  it('is never given twice; a column\'s own name wins over another\'s nickname', () => {
    expect(suggestMapping(['nama', 'displayName', 'customer'])).toEqual([null, 'displayName', null]);
  });
});

it('keeps only what is not called by its own name', () => expect(mappingOf(['sourceId', 'nama', 'catatan'], ['sourceId', 'displayName', null])).toEqual({ nama: 'displayName', catatan: null }));

it('tells what is missing and what is meant twice', () => {
  expect(missingColumns(['displayName', null])).toEqual(['sourceId']);
  expect(doubledColumns(['email', 'sourceId', 'email', null, null])).toEqual(['email']);
});
