// A sender that is killed leaves in the middle of an answer (EPIPE). MailDev would end at that, and with it all mail that it holds in memory.
process.on('uncaughtException', (error) => {
  if (error.code === 'EPIPE' || error.code === 'ECONNRESET') return;
  console.error(error);
  process.exit(1);
});
