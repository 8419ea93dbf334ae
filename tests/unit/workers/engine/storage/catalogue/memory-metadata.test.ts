import { MemoryMetadata } from '../../../../../../workers/engine/storage/catalogue/memory-metadata.ts';
import { metadataSuite } from '../../../../../suites/metadata-suite.ts';

metadataSuite('memory', () => new MemoryMetadata());
