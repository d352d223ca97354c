/** Kinds of alerts, as the API names them. */
export const KINDS = ['cross-sell', 'up-sell', 'switch-sell', 'customer-drift', 'sales-performance', 'customer-trend', 'customer-margin', 'customer-alignment'];
