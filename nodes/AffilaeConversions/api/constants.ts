/** Type name of the credential that every call carries. */
export const CREDENTIAL_TYPE = 'affilaeApi';

/** Affilae's production address (API page: Service, doc). */
export const PRODUCTION_URL = 'https://rest.affilae.com';

/**
 * The address in the other edition of Affilae's article (API page: Service, doc, read with care). Its
 * domain belongs to a web agency.
 */
export const DEVELOPMENT_URL = 'https://rest.affilae.dev4.kaizen-developments.com';

/** The only host that n8n's HTTP Request node may send the token to, unless the operator says otherwise. */
export const PRODUCTION_HOST = new URL(PRODUCTION_URL).hostname;

/** The five calls (API page: The five calls, doc). */
export const PATHS = {
	list: '/advertiser/conversions.list',
	info: '/advertiser/conversions.info',
	accept: '/advertiser/conversions.accept',
	refuse: '/advertiser/conversions.refuse',
	update: '/advertiser/conversions.update',
} as const;

/** The calls that read. */
export type ReadRoute = 'list' | 'info';

/** Rows asked for at a time. */
export const PAGE_SIZE = 100;

/** Tells Affilae who calls; the version is that of package.json, held by a test. */
export const USER_AGENT = 'n8n-nodes-affilae/0.1.0';
