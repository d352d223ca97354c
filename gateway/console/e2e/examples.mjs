// One of everything that has a page of its own, made where the platform has none, for pictures that show something.
export async function examples(api) {
  const post = (path, body) => api(path, { method: 'POST', body: JSON.stringify(body) });
  const put = (path, body) => api(path, { method: 'PUT', body: JSON.stringify(body) });
  const none = async (path) => (await api(path + (path.includes('?') ? '&' : '?') + 'limit=1')).items.length === 0;
  const customer = '/api/customer/v1';

  if (await none(customer + '/accounts')) {
    const account = await post(customer + '/accounts', { kind: 'organisation', displayName: 'PT Nusantara Pangan', email: 'halo@nusantara.example', phone: '021 555 0123', industry: 'Makanan', address: { city: 'Bandung', country: 'ID' } });
    const [person] = (await api(customer + '/customers?limit=1')).items;
    await post(`${customer}/accounts/${account.id}/contacts`, { customerId: person.id, role: 'Pembelian', isPrimary: true });
  }
  if (await none(customer + '/webhook-subscriptions')) await post(customer + '/webhook-subscriptions', { url: 'https://erp.example.com/hook', description: 'ERP', eventTypes: ['customers.registered', 'customers.changed'], isActive: false });
  if (await none(customer + '/registration-forms')) {
    await put(customer + '/registration-forms/newsletter', {
      definition: { name: 'Newsletter', language: 'id', fields: [{ name: 'displayName', label: 'Nama', required: true }], consents: [{ channel: 'email', purpose: 'marketing', noticeVersion: '2026-01', text: 'Saya setuju menerima kabar lewat e-mail.' }], allowedOrigins: ['https://shop.example.com'], redirectUrl: null },
      isActive: true,
    });
  }
  if (await none('/api/gateway/v1/clients')) await put('/api/gateway/v1/clients/client:till', { name: 'Till', department: 'Retail', scopes: ['customer:read', 'sales:write'], perMinute: 600, perDay: 100_000, isActive: true });
  const [first] = (await api(customer + '/customers?limit=1')).items;
  if (await none(customer + '/privacy-requests')) await post(`${customer}/customers/${first.id}/privacy-requests`, { kind: 'access', verifiedBy: 'ID card shown', note: null, receivedAt: null });
  return { package: (await post(`${customer}/customers/${first.id}/access-packages`, {})).id };
}
