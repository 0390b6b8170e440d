/* eslint-disable @n8n/community-nodes/no-restricted-imports, @n8n/community-nodes/no-restricted-globals -- runs on Node.js, never inside n8n */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { packNodePackage } from '../../playground/src/nodePackage';
import { runCommand } from '../../playground/src/processGroup';

const manifestSchema = z.object({ version: z.string() }).passthrough();
/** Lower than every real version, including that of the present package. */
const EARLIER = '0.0.9';
/** The file with the version that the package sends to Affilae. */
const SAYS_VERSION = 'dist/nodes/AffilaeConversions/api/constants.js';

/** A packed version of the package. */
export interface PackedVersion {
	tarball: string;
	version: string;
}

/** Reads the version of a tarball. */
export async function packedVersion(tarball: string): Promise<PackedVersion> {
	const text = await runCommand('tar', ['-xzOf', tarball, 'package/package.json'], {
		cwd: path.dirname(tarball),
	});
	return { tarball, version: manifestSchema.parse(JSON.parse(text)).version };
}

/**
 * An earlier version to update from: the tarball in `EARLIER_TARBALL`, such as a published one, or otherwise the
 * present package with a lower version number.
 *
 * @param folder an existing folder for the tarball
 */
export async function earlierVersion(
	present: PackedVersion,
	folder: string,
): Promise<PackedVersion> {
	const { EARLIER_TARBALL: named } = process.env;
	if (named) return await packedVersion(path.resolve(named));
	const unpacked = path.join(folder, 'package');
	await runCommand('tar', ['-xzf', present.tarball, '-C', folder], { cwd: folder });
	for (const name of ['package.json', SAYS_VERSION]) {
		const file = path.join(unpacked, name);
		const text = await readFile(file, 'utf8');
		const earlier = text.replace(present.version, EARLIER);
		if (earlier === text) throw new Error(`${name} does not name the version ${present.version}`);
		await writeFile(file, earlier);
	}
	return await packedVersion(await packNodePackage(folder, undefined, unpacked));
}
