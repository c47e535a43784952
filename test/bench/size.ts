export async function measureSizes(_: unknown) {}
