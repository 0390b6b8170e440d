/** Type name of the credential that every call carries. */
export const CREDENTIAL_TYPE = 'affilaeApi';

/** Affilae's production address (API page: Service, seen). */
export const PRODUCTION_URL = 'https://rest.affilae.com';

/** The address in Affilae's help article (API page: Service, doc). */
export const DEVELOPMENT_URL = 'https://rest.affilae.dev4.kaizen-developments.com';

/** The hosts that are Affilae's own. */
export const AFFILAE_HOSTS = [PRODUCTION_URL, DEVELOPMENT_URL].map((url) => new URL(url).hostname);

/** The five calls (API page: Endpoints, doc). */
export const PATHS = {
	list: '/advertiser/conversions.list',
	info: '/advertiser/conversions.info',
	accept: '/advertiser/conversions.accept',
	refuse: '/advertiser/conversions.refuse',
	update: '/advertiser/conversions.update',
} as const;

/** Rows asked for at a time. */
export const PAGE_SIZE = 100;
