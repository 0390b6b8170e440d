import { describe, expect, test } from '@jest/globals';
import { mustBeSafe, readAccount } from '../../nodes/AffilaeConversions/api/account';
import { UserError } from '../../nodes/AffilaeConversions/domain/userError';

const PRODUCTION = 'https://rest.affilae.com';
const DEVELOPMENT = 'https://rest.affilae.dev4.kaizen-developments.com';

function custom(baseUrl: unknown) {
	return { token: 'abc', environment: 'custom', baseUrl };
}

describe('the base URL', () => {
	test.each([
		[{ token: 'abc', environment: 'production' }, PRODUCTION],
		[{ token: 'abc', environment: 'development' }, DEVELOPMENT],
		[{ token: 'abc' }, PRODUCTION],
		[{ token: 'abc', environment: '' }, PRODUCTION],
		[{ token: 'abc', environment: null }, PRODUCTION],
		[{ token: 'abc', environment: undefined }, PRODUCTION],
		[{ token: 'abc', environment: 'production', baseUrl: 'http://example.com' }, PRODUCTION],
		[{ token: 'abc', environment: 'development', baseUrl: 'http://example.com' }, DEVELOPMENT],
		[custom('https://affilae.example'), 'https://affilae.example'],
		[custom('https://affilae.example/'), 'https://affilae.example'],
		[custom(' https://affilae.example/v1// '), 'https://affilae.example/v1'],
		[custom('https://affilae.example:8443'), 'https://affilae.example:8443'],
		[custom('HTTPS://AFFILAE.EXAMPLE'), expect.stringMatching(/^https:\/\/affilae\.example$/i)],
		[custom('http://localhost:3000'), 'http://localhost:3000'],
		[custom('http://127.0.0.1:3000'), 'http://127.0.0.1:3000'],
		[custom('http://127.1.2.3'), 'http://127.1.2.3'],
		[custom('http://[::1]:3000/'), 'http://[::1]:3000'],
	])('of the credential %j is %s', (credential, baseUrl) => {
		expect(readAccount(credential)).toEqual({ baseUrl, token: 'abc', programs: [] });
	});
});

describe("'Environment' of a credential", () => {
	test.each([
		['Staging', /'Environment' is "Staging"/],
		['Custom', /'Environment' is "Custom"/],
		['Production', /'Environment' is "Production"/],
		['production ', /'Environment' is "production "/],
		[' ', /'Environment' is " "/],
		[0, /'Environment' is 0/],
		[false, /'Environment' is false/],
		[['custom'], /'Environment' is a list/],
	])('%j is rejected with its choices, and never means production', (environment, reason) => {
		const read = () => readAccount({ ...custom('http://localhost:3000'), environment });
		expect(read).toThrow(UserError);
		expect(read).toThrow(reason);
		expect(read).toThrow(/Choose Production, Development or Custom/);
	});
});

describe('an address', () => {
	test.each([
		['http://example.com', /http:\/\/example\.com would send your Affilae token unencrypted/],
		['http://rest.affilae.com', /unencrypted/],
		['http://localhost.evil.com', /unencrypted/],
		['http://127.0.0.1.evil.com', /unencrypted/],
		['http://evil.com/127.0.0.1', /unencrypted/],
		['http://evil.com?localhost', /unencrypted/],
		['http://localhost@evil.com', /unencrypted/],
		['http://127.0.0.1:80@evil.com', /unencrypted/],
		['http://mylocalhost', /unencrypted/],
		['http://192.168.0.10', /unencrypted/],
		['http://10.0.0.1', /unencrypted/],
		['http://0.0.0.0', /unencrypted/],
		['http://[::2]', /unencrypted/],
		['http://128.0.0.1', /unencrypted/],
		['ftp://localhost', /unencrypted/],
		['ws://localhost', /unencrypted/],
		['file:///etc/passwd', /unencrypted/],
		['javascript:alert(1)', /unencrypted/],
		['localhost.evil.com', /is not a URL\. Enter one such as https:/],
		['example.com', /is not a URL\. Enter one such as https:/],
		['//example.com', /is not a URL\. Enter one such as https:/],
		['https://', /is not a URL\. Enter one such as https:/],
		['nonsense', /is not a URL\. Enter one such as https:/],
		['https://user:pass@affilae.example', /more than an address/],
		['https://user@affilae.example', /more than an address/],
		['http://user:pass@localhost', /more than an address/],
		['https://affilae.example/?key=1', /more than an address/],
		['https://affilae.example/#part', /more than an address/],
		['https://affilae.example/#', /more than an address/],
		['https://affilae.example?', /more than an address/],
		['', /'Base URL' is empty/],
		['   ', /'Base URL' is empty/],
		[undefined, /'Base URL' is empty/],
		[null, /'Base URL' is empty/],
		[42, /'Base URL' is empty/],
	])('%p is rejected with the reason', (baseUrl, reason) => {
		const read = () => readAccount(custom(baseUrl));
		expect(read).toThrow(UserError);
		expect(read).toThrow(reason);
	});

	test('that contains a user and a password is rejected without showing them', () => {
		const messages = ['https://user:pass@affilae.example', 'http://user:pass@evil.com'].map(
			(address) => {
				try {
					return readAccount(custom(address)).baseUrl;
				} catch (thrown) {
					return String(thrown);
				}
			},
		);
		for (const message of messages) {
			expect(message).toContain('UserError');
			expect(message).not.toContain('pass');
			expect(message).not.toContain('user');
		}
	});

	test.each([
		['https://rest.affilae.com/advertiser/conversions.list?limit=1'],
		['http://localhost:5000/x'],
		['http://127.0.0.1/x'],
		['http://[::1]/x'],
	])('%s is safe', (address) => {
		expect(() => mustBeSafe(address)).not.toThrow();
	});
});

describe("'Program IDs' of a credential", () => {
	const SHOES = '5f2d1c0b9a8e7f6d5c4b3a01';
	const BAGS = '5f2d1c0b9a8e7f6d5c4b3a02';
	const RULE = '64d0f1c2b3a4958677880001';

	test.each([
		['', []],
		[undefined, []],
		[null, []],
		[' , ', []],
		[SHOES, [SHOES]],
		[`${SHOES},${BAGS}`, [SHOES, BAGS]],
		[` ${SHOES} ; ${BAGS}\n`, [SHOES, BAGS]],
		[`${SHOES}, ${SHOES.toUpperCase()}`, [SHOES]],
		[`${RULE}-${BAGS}, ${SHOES}`, [BAGS, SHOES]],
		[`\u200b${SHOES}\ufeff`, [SHOES]],
	])('%j is read as %j', (programs, read) => {
		expect(readAccount({ token: 'abc', programs }).programs).toEqual(read);
	});

	test.each([
		['Shoes France', /'Program IDs' is "Shoes".*Configuration > Tracking/],
		[`${SHOES}, 42`, /'Program IDs' is "42", which is a number, not a program ID/],
		['https://app.affilae.com/programs/1', /an address, not a program ID/],
		[`${SHOES}-`, /not a program ID/],
		[42, /'Program IDs' is 42/],
		[[SHOES], /'Program IDs' is a list/],
	])('%j is rejected, never ignored', (programs, reason) => {
		const read = () => readAccount({ token: 'abc', programs });
		expect(read).toThrow(UserError);
		expect(read).toThrow(reason);
	});
});

describe("'API Token' of a credential", () => {
	test.each([
		['abc', 'abc'],
		['  abc\n', 'abc'],
		['Bearer abc', 'abc'],
		['bearer   abc', 'abc'],
		['BEARER\tabc ', 'abc'],
		['eyJhbGciOi.eyJzdWIi.c2ln-_', 'eyJhbGciOi.eyJzdWIi.c2ln-_'],
		['Bearerabc', 'Bearerabc'],
	])('%j is read as %j', (token, read) => {
		expect(readAccount({ token, environment: 'production' }).token).toBe(read);
	});

	test.each([
		['', /'API Token' is empty/],
		['   ', /'API Token' is empty/],
		[undefined, /'API Token' is empty/],
		[null, /'API Token' is empty/],
		[42, /'API Token' is empty/],
		['a b', /space, a line break or a special character/],
		['a\nb', /space, a line break or a special character/],
		['a\r\nX-Injected: 1', /space, a line break or a special character/],
		['tökén', /space, a line break or a special character/],
		['abc\u200b', /space, a line break or a special character/],
	])('%j is rejected', (token, reason) => {
		const read = () => readAccount({ token, environment: 'production' });
		expect(read).toThrow(UserError);
		expect(read).toThrow(reason);
	});

	test('is not shown if it is rejected', () => {
		const read = () => readAccount({ token: 'abc unmistakable', environment: 'production' });
		expect(read).toThrow(UserError);
		expect(read).not.toThrow('unmistakable');
	});

	test.each([[undefined], [null], ['abc'], [[]], [{}]])(
		'is required: the credential %j is rejected',
		(data) => {
			expect(() => readAccount(data)).toThrow(UserError);
		},
	);
});
