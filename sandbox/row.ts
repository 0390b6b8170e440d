import type { SandboxSettings } from './settings';
import type { StoredConversion } from './store';

const DATE_FIELDS = ['createdAt', 'firstEventAt', 'lastEventAt', 'lockedAt'] as const;

/** A time in the format of the settings. */
function instant(iso: string, dates: SandboxSettings['dates']): string | number {
	switch (dates) {
		case 'iso':
			return iso;
		case 'isoWithoutZone':
			return iso.replace(/Z$/, '');
		case 'unixSeconds':
			return Math.floor(Date.parse(iso) / 1000);
	}
}

/** `1250` as `"12.50"`. */
function decimal(cents: number): string {
	return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

/** A copy of the conversion as a response shows it with the current settings. */
export function rowOf(
	{ conversion, shownFields }: StoredConversion,
	settings: SandboxSettings,
): Record<string, unknown> {
	const { id, externalId, customerId, status, program, events } = conversion;
	const row: Record<string, unknown> = {
		...conversion,
		externalId: externalId === '' ? null : externalId,
		customerId: customerId === '' ? null : customerId,
		status: settings.statusWords === 'upper' ? status.toUpperCase() : status,
		program: settings.bareProgram ? program.id : program,
		events: events.map((event) => ({
			...event,
			createdAt: instant(event.createdAt, settings.dates),
		})),
	};
	for (const field of DATE_FIELDS) {
		const iso = conversion[field];
		if (iso !== null) row[field] = instant(iso, settings.dates);
	}
	const { unreadable } = settings;
	if (unreadable.includes(id) || (externalId !== '' && unreadable.includes(externalId))) {
		row['amount'] = decimal(conversion.amount);
	}
	for (const field of settings.leftOut) delete row[field];
	return { ...row, ...shownFields };
}
