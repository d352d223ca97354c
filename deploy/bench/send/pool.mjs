// nodemailer's pool, the way Node products send: HOST PORT MESSAGES CONNECTIONS. The same fields, links and size as the other contenders.
import nodemailer from 'nodemailer';

const [host, port, messages, connections] = process.argv.slice(2);
const pool = nodemailer.createTransport({
  host, port: Number(port), pool: true, maxConnections: Number(connections), maxMessages: Infinity, secure: false, ignoreTLS: true,
});
const filler = 'Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna. ';
const links = Array.from({ length: 10 }, (_, i) => i);
const render = (n) => {
  const fields = Array.from({ length: 10 }, (_, i) => `Field ${i} of person ${n}`);
  const anchors = links.map((i) => `<p>${fields[i]} <a href="http://localhost:8080/t/token-of-person-${n}-link-${i}-padded-to-usual-length">Offer ${i}</a></p>`);
  const html = `<html><body>${anchors.join('\n')}<p>${filler.repeat(32)}</p></body></html>`;
  return { html, text: fields.join('\n') + '\n' + filler.repeat(8) };
};

let next = 0;
async function worker() {
  while (next < Number(messages)) {
    const n = next++;
    const { html, text } = render(n);
    await pool.sendMail({
      from: 'Toko <promo@toko.example>', to: `person${n}@example.com`, subject: `Offer for person ${n}`, html, text,
      headers: { 'List-Unsubscribe': `<http://localhost:8080/p/unsubscribe/${n}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
    });
  }
}
await Promise.all(Array.from({ length: Number(connections) }, worker));
pool.close();
