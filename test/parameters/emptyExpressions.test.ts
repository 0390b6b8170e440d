import { describe, expect, test } from '@jest/globals';
import { UserError } from '../../nodes/AffilaeConversions/domain/userError';
import { mustHaveValues } from '../../nodes/AffilaeConversions/parameters/emptyExpressions';
import { fieldOf, plainField } from '../../nodes/AffilaeConversions/parameters/plainField';

const ITEM = {
	...{ kept: 12.5, empty: '', nothing: null, 'Order ID': 'S-7', order: { id: 7 } },
	...{ préfixe: 'FR-', lines: [{ id: 'L-1' }], at: new Date(0) },
};

/** As n8n would evaluate fields of the item; any other expression returns a text here. */
function evaluate(code: string): unknown {
	const keys = plainField(code);
	const field = keys === undefined ? undefined : fieldOf(ITEM, keys);
	return field === undefined ? 'by n8n' : field.value;
}

describe('a text with expressions in it', () => {
	test.each([
		'Returned',
		'{{ $json.missing }}',
		'=ORD-{{ $json.order.id }}',
		'={{ $json["Order ID"] }}-{{ $json.kept }}',
		'=Returned {{ $json.empty }}',
		"=Returned {{ $json.missing ?? '' }}",
		'=Returned {{ $json.missing ? 1 : 2 }}',
		'=Returned {{ $now.toISO() }}',
		'={{ $json.préfixe }}{{ $json.lines[0].id }}',
		'={{ $json.lines.length }} lines of {{ $json.préfixe.length }}',
		'={{ $json.order?.id }}-{{ $json?.kept }}',
		'={{ $json.missing }}',
	])('is accepted if each of them returns a value, whoever evaluates it (%s)', (stored) => {
		expect(() => mustHaveValues('reason', stored, 'a text', evaluate)).not.toThrow();
	});

	test.each([
		'=ORD-{{ $json.missing }}',
		'=ORD-{{$json.nothing}}',
		'={{ $json["Order"] }}-{{ $json.kept }}',
		'={{ $json.kept }}{{ $json.order.number }}',
		'={{ $json.missing }}0',
		'={{ $json.catégorie }}{{ $json.kept }}',
		'={{ $json.lines[1].id }}{{ $json.kept }}',
		'={{ $json.lines[0].number }}{{ $json.kept }}',
		'={{ $json.order?.number }}{{ $json.kept }}',
		'={{ $json.at.getTime }}-{{ $json.kept }}',
		'=Returned by {{ $json.préfixe.trim }}',
	])(
		'is rejected if one of them names a field that is missing or null in the item (%s)',
		(stored) => {
			const check = () => mustHaveValues('reason', stored, 'a text', evaluate);
			expect(check).toThrow(UserError);
			expect(check).toThrow("'Reason' is set to an expression that returns nothing for this item");
		},
	);

	test('is checked in a resource locator and in an option too', () => {
		const stored = { __rl: true, mode: 'externalId', value: '=ORD-{{ $json.missing }}' };
		const value = { ...stored, value: 'ORD-' };
		expect(() => mustHaveValues('conversion', stored, value, evaluate)).toThrow(
			"'Conversion' is set",
		);
		const options = { rule: '=Sale {{ $json.missing }}' };
		expect(() => mustHaveValues('options', options, { rule: 'Sale ' }, evaluate)).toThrow(
			"'Commission Rule' is set",
		);
	});
});
