const { readFile } = require('node:fs/promises');
const path = require('node:path');
const { Transform } = require('node:stream');
const Ajv = require('ajv').default;
const { XMLParser, XMLValidator } = require('fast-xml-parser');
const { dest, parallel, src } = require('gulp');

/** Copies assets into `dist`, each only once its check has passed. */
function copyChecked(globs, check) {
	const checking = new Transform({
		objectMode: true,
		transform(file, _encoding, done) {
			Promise.resolve()
				.then(() => check(file.contents.toString(), file))
				.then(
					() => done(null, file),
					(reason) => done(new Error(`${file.relative}: ${reason.message}`)),
				);
		},
	});
	return src(globs, { base: '.', encoding: false }).pipe(checking).pipe(dest('dist'));
}

function must(condition, message) {
	if (!condition) throw new Error(message);
}

/** Icons: well-formed, scalable, and with nothing in them that runs or loads. */
function icons() {
	return copyChecked(['nodes/**/*.svg', 'credentials/**/*.svg'], (text) => {
		const validity = XMLValidator.validate(text);
		must(validity === true, `not well-formed XML: ${validity.err?.msg}`);
		const { svg } = new XMLParser({ ignoreAttributes: false }).parse(text);
		must(svg !== undefined, 'the root is not <svg>');
		must(svg['@_viewBox'] !== undefined, 'it has no viewBox');
		must(!/<script|<image|<use|\son\w+=|url\(|href/i.test(text), 'it runs or loads something');
	});
}

/** Codex files: n8n ignores one that names no resources, and never says so. */
function codex() {
	return copyChecked(['nodes/**/*.node.json'], async (text, file) => {
		const entry = JSON.parse(text);
		const { name } = JSON.parse(await readFile('package.json', 'utf8'));
		const className = path.basename(file.path, '.node.json');
		const type = `${name}.${className[0].toLowerCase()}${className.slice(1)}`;
		must(entry.node === type, `node is ${entry.node}, not ${type}`);
		for (const key of ['nodeVersion', 'codexVersion']) must(entry[key] === '1.0', `no ${key} 1.0`);
		must(entry.categories?.length > 0, 'it has no categories');
		for (const kind of ['primaryDocumentation', 'credentialDocumentation']) {
			const pages = entry.resources?.[kind] ?? [];
			must(pages.length > 0, `resources hold no ${kind}`);
			for (const { url } of pages) must(new URL(url).protocol === 'https:', `${url} is not https`);
		}
	});
}

/** Output schemas: the editor shows one only if it is an object with properties. */
function schemas() {
	const ajv = new Ajv({ strict: true });
	return copyChecked(['nodes/**/__schema__/**/*.json'], (text) => {
		const schema = JSON.parse(text);
		ajv.compile(schema);
		must(schema.type === 'object', 'its type is not object');
		must(Object.keys(schema.properties ?? {}).length > 0, 'it has no properties');
	});
}

exports.assets = parallel(icons, codex, schemas);
