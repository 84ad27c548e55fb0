/** The suite on a real cluster: HEADWATER_TEST_KAFKA=127.0.0.1:29092 */
import { streamsSuite } from './cluster-suite.ts';

const bootstrap = process.env['HEADWATER_TEST_KAFKA'];
const skip = bootstrap === undefined ? 'HEADWATER_TEST_KAFKA is not set (host:port)' : false;
streamsSuite('real Kafka', { bootstrap: () => bootstrap! }, skip);
