import { createMemoryStore } from "../../../src/mock/store/memory.ts";
import { testStores } from "./suite.ts";

// One copy of the fixtures alone takes longer.
testStores({ create: createMemoryStore, openingMs: 500 });
