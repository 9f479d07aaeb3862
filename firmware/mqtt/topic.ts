/** What a topic name and a topic filter may look like (MQTT 5.0 §4.7). Both throw a RangeError that says what is wrong. */

export function checkTopicName(topic: string): void {
	if (topic.length === 0)
		throw new RangeError("a topic must have at least one character");
	if (topic.includes("+") || topic.includes("#"))
		throw new RangeError(`"${topic}" is no topic to publish to: + and # belong into filters`);
}

export function checkTopicFilter(filter: string): void {
	if (filter.length === 0)
		throw new RangeError("a topic filter must have at least one character");
	const levels = filter.split("/");
	for (let i = 0; i < levels.length; i++) {
		const level = levels[i]!;
		if (level.includes("#") && (level !== "#" || i !== levels.length - 1))
			throw new RangeError(`"${filter}": # must be the whole last level`);
		if (level.includes("+") && level !== "+")
			throw new RangeError(`"${filter}": + must be a whole level`);
	}
}
